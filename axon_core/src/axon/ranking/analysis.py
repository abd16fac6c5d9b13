"""Text to terms: case-folded, split into words of any script, stemmed.

Every adapter analyses with this module, so that a query finds the same entries on all of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import regex
import Stemmer
from attrs import frozen

from axon.core.errors import InvalidInput
from axon.ranking.stop_words import STOP_WORDS

_ASCII_WORD = re.compile(r"\w+", re.ASCII)
# A word: letters, digits and underscores with their combining marks. Scripts that are written without spaces are cut
# into overlapping pairs of characters, as search engines do.
_WORD = regex.compile(r"[\w\p{M}]+")
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}][\p{M}\p{Lm}]*"
)
# Words joined without a space by what joins the parts of keys, paths, addresses and times.
_COMPOUND = regex.compile(r"[\w\p{M}]+(?:[:/@#=+%&~.\-]+[\w\p{M}]+)+")
_JOINED = re.compile(r"\w[:/@#=+%&~]+\w")
_CACHE_LIMIT = 2**15


@frozen
class QueryTerms:
    """What to look for in an index."""

    words: tuple[str, ...]
    """Terms of entries' text, without stop words unless there is nothing else; each once."""
    tags: tuple[str, ...]
    """What an entry's tag may be equal to: the whole query and the words of it, as written and in lower case."""


class Analyzer:
    """Analyses text of one language; not for several threads at once.

    ``language`` is one that Snowball stems, such as ``"english"`` or ``"german"``, or ``"none"`` to leave words as
    they are. :class:`~axon.core.errors.InvalidInput` names the ones that there are.
    """

    def __init__(self, language: str = "english") -> None:
        self.language = language
        self._stems = _Stems(language)
        self._stop_words = STOP_WORDS.get(language, frozenset())

    def terms(self, text: str) -> list[str]:
        """The terms of an entry's text, in order, repeated as often as they occur.

        Joined words such as ``rate_limit:user_1`` or ``2026-11-22`` are a term as a whole too, after their parts.
        """
        stems = self._stems
        folded = _folded(text)
        terms = [stems[word] for word in _words(folded)]
        if _JOINED.search(folded):
            terms += filter(_JOINED.search, _COMPOUND.findall(folded))
        return terms

    def query(self, text: str) -> QueryTerms:
        """The terms of a query.

        A query that is one key (``rate_limit:user_1``) is looked for as a whole and not by its parts.
        """
        written = text.split()
        folded = _folded(text)
        key = folded.strip().strip(_PUNCTUATION)
        if _JOINED.search(key) and _COMPOUND.fullmatch(key):
            words = [key]
        else:
            every = _words(folded)
            words = [self._stems[word] for word in every if word not in self._stop_words]
            words = words or [self._stems[word] for word in every]
        bare = [word.strip(_PUNCTUATION) for word in written]
        tags = [text, text.strip(), *written, *bare, *(word.lower() for word in bare)]
        return QueryTerms(words=tuple(dict.fromkeys(words)), tags=tuple(dict.fromkeys(tag for tag in tags if tag)))


_PUNCTUATION = ".,;:!?\"'()[]{}<>«»„“”‚‘’…¿¡"


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _words(folded: str) -> list[str]:
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    words: list[str] = []
    for word in _WORD.findall(folded):
        words += _pairs(word) if _UNSPACED.search(word) else (word,)
    return words


def _pairs(word: str) -> list[str]:
    pairs: list[str] = []
    end = 0
    for run in regex.finditer(rf"(?:{_UNSPACED.pattern})+", word):
        if run.start() > end:
            pairs.append(word[end : run.start()])
        characters = _UNSPACED.findall(run.group())
        pairs += [a + b for a, b in zip(characters, characters[1:], strict=False)] or characters
        end = run.end()
    if end < len(word):
        pairs.append(word[end:])
    return pairs


class _Stems(dict[str, str]):
    """Word to stem, remembered: a dictionary is several times faster than a stemmer."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stem = _stemmer(language)

    def __missing__(self, word: str) -> str:
        if self._stem is None or not word.isalpha():
            return word  # numbers and names of things: not worth a place in the memory
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        self[word] = stem = self._stem.stemWord(word)
        return stem


@cache
def _languages() -> tuple[str, ...]:
    return tuple(sorted(Stemmer.algorithms()))


def _stemmer(language: str) -> Any:
    if language == "none":
        return None
    if language not in _languages():
        raise InvalidInput(f"language must be one of none, {', '.join(_languages())}; got {language!r}")
    return Stemmer.Stemmer(language, 0)
