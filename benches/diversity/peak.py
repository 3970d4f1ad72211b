"""Runs a command and prints the largest resident set that it had, in MB."""

import json
import resource
import subprocess
import sys

subprocess.run(sys.argv[1:], check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"mb": peak}))
