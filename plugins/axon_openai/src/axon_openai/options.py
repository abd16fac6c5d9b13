"""The settings of the OpenAI embedder, as a configuration file gives them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from attrs import Attribute, field, frozen
from attrs.validators import optional

from axon.core.errors import InvalidInput, shown
from axon.core.quantities import check_seconds, check_whole, checked_by
from axon.core.secrets import masked

Encoding: TypeAlias = Literal["base64", "float"]

# Models with a dimension that everybody knows, and whether they make shorter vectors when asked to.
_KNOWN = {
    "text-embedding-3-small": (1536, True),
    "text-embedding-3-large": (3072, True),
    "text-embedding-ada-002": (1536, False),
}


def _url(_: Any, __: Attribute[Any], value: str) -> None:
    # Not quoted: it may hold a password.
    scheme, _, rest = value.partition("://")
    authority = rest.partition("/")[0]
    if scheme not in {"http", "https"} or not authority:
        raise InvalidInput('base_url must begin with "http://" or "https://" and a host')
    if "@" in authority:
        raise InvalidInput("base_url must hold no user and no password; the key goes into api_key")


def _key(_: Any, __: Attribute[Any], value: str | None) -> None:
    if value is not None and not (value.isascii() and value.isprintable() and value and " " not in value):
        raise InvalidInput("api_key is empty or holds spaces, line ends or other characters that no key has")


def _seconds(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not check_seconds(value, attribute.name) > 0:
        raise InvalidInput(f"{attribute.name} must be a number of seconds above 0, got {shown(value)}")


def _encoding(_: Any, __: Attribute[Any], value: object) -> None:
    if value not in get_args(Encoding):
        raise InvalidInput(f"encoding must be one of {', '.join(get_args(Encoding))}, got {shown(value)}")


@frozen(kw_only=True)
class OpenAIOptions:
    """The arguments of :class:`~axon_openai.OpenAIEmbedder`."""

    model: str
    """The endpoint's name of the model."""
    base_url: str = field(default="https://api.openai.com/v1", validator=_url, repr=masked)
    """``/embeddings`` is added to its path."""
    api_key: str | None = field(default=None, repr=False, validator=_key)
    """``{ env = "OPENAI_API_KEY" }`` in a file. ``None``: the endpoint asks for none."""
    dimensions: int | None = field(default=None, validator=optional(checked_by(check_whole, least=1)))
    """How many numbers a vector has. Needed, except for OpenAI's own models."""
    shorten: bool = False
    """Whether to ask the model for vectors of ``dimensions`` numbers instead of its own, longer ones."""
    batch_size: int = field(default=128, validator=checked_by(check_whole, least=1))
    """Texts a request; OpenAI takes 2048, others fewer."""
    encoding: Encoding = field(default="base64", validator=_encoding)
    """How the vectors travel; base64 is a quarter of the size. Either is understood, whatever comes."""
    timeout_seconds: float = field(default=20.0, validator=_seconds)
    """For one request."""
    deadline_seconds: float = field(default=60.0, validator=_seconds)
    """For one batch with all its retries."""
    retries: int = field(default=4, validator=checked_by(check_whole, least=0))
    """How often a batch is sent again after 408, 409, 429, 5xx, a lost connection or a timeout."""
    text_prefix: str = ""
    """What the model wants before a stored text, such as ``"search_document: "`` for nomic-embed-text."""
    query_prefix: str = ""
    """What the model wants before a question, such as ``"search_query: "`` for nomic-embed-text."""

    def __attrs_post_init__(self) -> None:
        if not self.model:
            raise InvalidInput("model is empty")
        if self.dimensions is None and self.model not in _KNOWN:
            raise InvalidInput(
                f"set dimensions, how many numbers the vectors of {self.model!r} have; "
                f"known without it: {', '.join(_KNOWN)}"
            )

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self.dimensions or _KNOWN[self.model][0]

    @property
    def asked_dimension(self) -> int | None:
        """What to ask the model for; ``None``: what it makes by itself."""
        own, shortens = _KNOWN.get(self.model, (None, False))
        return self.dimension if self.shorten or (shortens and self.dimension != own) else None
