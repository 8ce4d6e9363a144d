"""The helper as it travels to a host, and what runs it there: nothing is installed, nothing is written."""

import marshal
import zlib
from importlib import resources
from importlib.util import MAGIC_NUMBER


class Program:
    """A program of one file, sent as source and as byte code.

    To compile it takes a host longer than all else when it starts: where the byte code of its Python is ours,
    which that Python's magic number says, it need not.

    Attributes:
        source: of the program.
        sent: what goes to the stdin of `starter`; what follows there is the program's own.
        starter: a Python program that takes what was sent, and becomes it.
    """

    def __init__(self, source: bytes) -> None:
        """Pack it."""
        code = marshal.dumps(compile(source, "swatbot-helper", "exec", dont_inherit=True, optimize=2))
        packed = [zlib.compress(part, 9) for part in (code, source)]
        self.source, self.sent = source, b"".join(packed)
        self.starter = _STARTER.format(*map(len, packed), magic=MAGIC_NUMBER)


# A buffer of one byte takes no more than what was asked for: the program itself reads what follows.
_STARTER = (
    'import io,sys;sys.version_info<(3,7)and sys.exit("Python 3.7 or newer is needed");'
    "import _frozen_importlib_external as python,marshal,zlib;"
    "read=io.BufferedReader(io.FileIO(0,closefd=False),1).read;code,source=read({}),read({});"
    "exec(marshal.loads(zlib.decompress(code))if python.MAGIC_NUMBER=={magic!r}else "
    'compile(zlib.decompress(source),"swatbot-helper","exec"))'
)

HELPER = Program(resources.files("swatbot.fleet").joinpath("helper.py").read_bytes())
"""The helper of this version."""
