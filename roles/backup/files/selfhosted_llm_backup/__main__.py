"""Backs up what selfhosted.llm keeps on this machine, and puts it back.

Usage: selfhosted_llm_backup CONFIGURATION make | look [ARCHIVE] | restore ARCHIVE PART... | release

CONFIGURATION is a JSON file that the role `backup` writes. Prints JSON, or ends with one sentence that says why not.
"""

import sys

from backup import main

main(*sys.argv[1:])
