"""The schema is built in the web process too, beside Twisted and zope.interface."""

import subprocess
import sys


def test_the_schema_is_built_when_zope_has_marked_the_abstract_bases() -> None:
    code = (
        "import zope.interface.common.collections\n"
        "from wizard.plan.grammar import schema\n"
        "print(schema().filepath)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "taskplan" in done.stdout
