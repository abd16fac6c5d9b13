"""Real servers for tests: one, one with sentinels, or a cluster; on 127.0.0.1, each with a port and a directory.

Everything that was started is ended by its pid: by ``stop``, by leaving ``with``, and at the latest at exit.
The modules import each other relatively: for tests this is a package of its own, for benchmarks a part of another.
"""
