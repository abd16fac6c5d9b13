"""What error replies, and errors of redis-py, become."""

import pytest
import redis.exceptions as raised

from axon.core import errors
from axon_redis.errors import explained
from axon_redis.failures import Failure, failure_of

WHERE = "10.0.0.1:6379"


@pytest.mark.parametrize(
    ("reply", "kind", "passes"),
    [
        ("LOADING Redis is loading the dataset in memory", errors.StoreUnavailable, True),
        ("BUSY Redis is busy running a script.", errors.StoreUnavailable, True),
        ("READONLY You can't write against a read only replica.", errors.StoreUnavailable, True),
        ("MASTERDOWN Link with MASTER is down", errors.StoreUnavailable, True),
        ("CLUSTERDOWN Hash slot not served", errors.StoreUnavailable, True),
        ("TRYAGAIN Multiple keys request during rehashing of slot", errors.StoreUnavailable, True),
        ("NOREPLICAS Not enough good replicas to write.", errors.StoreUnavailable, True),
        ("MISCONF Redis is configured to save RDB snapshots, but", errors.StoreUnavailable, False),
        ("ERR max number of clients reached", errors.StoreOverloaded, True),
        ("OOM command not allowed when used memory > 'maxmemory'.", errors.StoreFull, False),
        ("NOAUTH Authentication required.", errors.StoreAuthError, False),
        ("WRONGPASS invalid username-password pair or user is disabled.", errors.StoreAuthError, False),
        ("ERR invalid password", errors.StoreAuthError, False),
        (
            "ERR AUTH <password> called without any password configured for the default user.",
            errors.StoreAuthError,
            False,
        ),
        ("NOPERM this user has no permissions to run the 'set' command", errors.StoreAuthError, False),
        ("DENIED Redis is running in protected mode because", errors.StoreAuthError, False),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", errors.StoreConflict, False),
        ("ERR unknown command 'GETEX', with args beginning with: 's3cr3t'", errors.StoreUnsupported, False),
        ("ERR Unknown Redis command called from script script: 1", errors.StoreUnsupported, False),
        ("ERR DB index is out of range", errors.ConfigError, False),
        ("CROSSSLOT Keys in request don't hash to the same slot", errors.StoreError, False),
        ("ERR value is not an integer or out of range", errors.StoreError, False),
        ("ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed", errors.StoreFull, False),
        ("ERR Error running script (call to f_1): @user_script:1: -READONLY You", errors.StoreUnavailable, True),
        ("EXECABORT Transaction discarded because of previous errors.", errors.StoreError, False),
        ("SOMETHING new", errors.StoreError, False),
        ("", errors.StoreError, False),
    ],
)
def test_error_replies(reply, kind, passes):
    failure = Failure(reply)
    error = explained(failure, WHERE)
    assert type(error) is kind
    assert WHERE in str(error)
    assert "s3cr3t" not in str(error)
    assert failure.may_pass(repeatable=False) is passes
    assert getattr(error, "sent", False) is False


def test_a_script_that_met_a_key_which_had_moved_may_have_done_a_part():
    failure = Failure("ERR Script attempted to access a non local key in a cluster node script: 1")
    assert failure.may_pass(repeatable=True)
    assert not failure.may_pass(repeatable=False)
    assert explained(failure, WHERE, repeatable=False).sent


@pytest.mark.parametrize("sent", [True, False])
def test_a_lost_connection_says_whether_the_command_may_have_run(sent):
    for error in (ConnectionResetError(104, "reset"), raised.ConnectionError("lost"), EOFError()):
        failure = failure_of(error, sent=sent)
        told = explained(failure, WHERE, repeatable=False)
        assert isinstance(told, errors.StoreUnavailable)
        assert told.sent is sent
        assert failure.may_pass(repeatable=False) is not sent
        assert ("not known" in str(told)) is sent


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (raised.BusyLoadingError("Redis is loading"), errors.StoreUnavailable),
        (raised.AuthenticationError("invalid username-password pair"), errors.StoreAuthError),
        (raised.AuthenticationError("Authentication required."), errors.StoreAuthError),
        (raised.NoPermissionError("this user"), errors.StoreAuthError),
        (raised.ReadOnlyError("You can't write"), errors.StoreUnavailable),
        (raised.ResponseError("WRONGTYPE Operation"), errors.StoreConflict),
        (raised.ResponseError("unknown command 'X'"), errors.StoreUnsupported),
        (raised.ConnectionError("max number of clients reached"), errors.StoreOverloaded),
        (raised.TimeoutError("Timeout"), errors.StoreTimeout),
        (TimeoutError(), errors.StoreTimeout),
        (ConnectionRefusedError(111, "refused"), errors.StoreUnavailable),
        (ValueError("s3cr3t"), errors.StoreError),
    ],
)
def test_errors_of_redis_py(error, kind):
    told = explained(failure_of(error, sent=False), WHERE)
    assert type(told) is kind
    assert "s3cr3t" not in str(told)


def test_every_message_ends_in_something_to_do_or_to_know():
    for code in ("REFUSED", "UNRESOLVED", "UNREACHABLE", "LATE", "OOM", "BUSY", "MOVED", "TLS", "NOAUTH", "MAXCLIENTS"):
        assert len(str(explained(Failure("said", code), WHERE))) > 80
