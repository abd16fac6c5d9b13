"""Text to terms: case-folded, split into words of any script, stemmed.

Every adapter analyses with this module, so that a query finds the same entries on all of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Any

import regex
import Stemmer
from attrs import frozen

from axon.core.errors import InvalidInput
from axon.ranking.stop_words import STOP_WORDS

# Lower case for letters, a space for what is no part of a word: several times faster than a regular expression.
_ASCII_WORDS = bytes(ord(chr(i).lower()) if chr(i).isalnum() or chr(i) == "_" else 32 for i in range(128)) + bytes(128)
# A word: letters, digits and underscores with their combining marks. Scripts that are written without spaces are cut
# into overlapping pairs of characters, as search engines do.
_WORD = regex.compile(r"[\w\p{M}]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}][\p{M}\p{Lm}]*")
_UNSPACED_RUN = regex.compile(rf"(?:{_UNSPACED.pattern})+")
# Words joined without a space by what joins the parts of keys, addresses and times, and then of whatever they hold.
# Possessive, only from the start of a word, and of so many parts at the most: a text that is one long word, or one
# long chain of them, takes no more time and memory than any other.
_JOINERS = ":@#="
_JOINED = re.compile(rf"\w[{_JOINERS}]+\w")
_COMPOUND = regex.compile(rf"(?<![\w\p{{M}}])[\w\p{{M}}]++(?:[{_JOINERS}/+%&~.\-]++[\w\p{{M}}]++){{1,31}}+")
_CACHE_LIMIT = 2**15
_LONGEST_WORD = 64


@frozen
class QueryTerms:
    """What to look for in an index."""

    words: tuple[str, ...]
    """Terms of entries' text, without stop words unless there is nothing else; each once."""
    tags: tuple[str, ...]
    """What an entry's tag may be equal to: the whole query and the words of it, as written and, in a query of
    several words, in lower case."""


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

        Words joined as in keys, addresses and times (``rate_limit:user_1``, ``10:30``) are a term as a whole
        too, after their parts.
        """
        terms = list(map(self._stems.__getitem__, _words(text, stored=True)))
        for joiner in _JOINERS:
            if joiner in text:
                return terms + _compounds(text)
        return terms

    def query(self, text: str) -> QueryTerms:
        """The terms of a query.

        A query that is one key (``rate_limit:user_1``) is looked for as a whole and not by its parts.
        """
        written = text.split()
        key = _folded(text).strip().strip(_PUNCTUATION)
        if _compounds(key) == [key]:
            words = [key]
        else:
            every = _words(text, stored=False)
            words = [self._stems[word] for word in every if word not in self._stop_words]
            words = words or [self._stems[word] for word in every]
        bare = [word.strip(_PUNCTUATION) for word in written]
        # One word alone may be a key, of which another case is another key; words of a sentence are not.
        lower = (word.lower() for word in bare if not _JOINED.search(word)) if len(written) > 1 else ()
        tags = [text, text.strip(), *written, *bare, *lower]
        return QueryTerms(words=tuple(dict.fromkeys(words)), tags=tuple(dict.fromkeys(tag for tag in tags if tag)))


_PUNCTUATION = ".,;:!?\"'()[]{}<>«»„“”‚‘’…¿¡"  # noqa: RUF001  # quotation marks of several languages


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _words(text: str, *, stored: bool) -> list[str]:
    if text.isascii():
        return text.encode().translate(_ASCII_WORDS).decode().split()
    words: list[str] = []
    for word in _WORD.findall(_folded(text)):
        words += _cut(word, stored=stored) if _UNSPACED.search(word) else (word,)
    return words


def _compounds(text: str) -> list[str]:
    return [compound for compound in _COMPOUND.findall(_folded(text)) if _JOINED.search(compound)]


def _cut(word: str, *, stored: bool) -> list[str]:
    """Pairs of the characters of scripts without spaces; a stored text has each alone too, for who asks for one."""
    pieces: list[str] = []
    end = 0
    for run in _UNSPACED_RUN.finditer(word):
        if run.start() > end:
            pieces.append(word[end : run.start()])
        characters = _UNSPACED.findall(run.group())
        pairs = [a + b for a, b in pairwise(characters)]
        pieces += characters + pairs if stored else pairs or characters
        end = run.end()
    if end < len(word):
        pieces.append(word[end:])
    return pieces


class _Stems(dict[str, str]):
    """Word to stem, remembered: a dictionary is several times faster than a stemmer."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stem = _stemmer(language)

    def __missing__(self, word: str) -> str:
        # Numbers and names of things are not worth a place in the memory; and the time that Snowball
        # takes grows with the square of the length, while no word of a language is as long as this.
        if self._stem is None or len(word) > _LONGEST_WORD or not word.isalpha():
            return word
        if len(self) >= _CACHE_LIMIT:
            self.clear()
        stem: str = self._stem.stemWord(word)
        self[word] = stem
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
