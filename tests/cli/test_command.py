"""What `command.run` does around a program."""

import subprocess
import sys

PROGRAM = """
import atexit, gc
from jaxsparse.cli import command

def main():
  print(gc.get_freeze_count() > len(gc.get_objects()))

atexit.register(lambda: print(len(gc.get_objects()) < 1000))
command.run(main)
"""


def test_nothing_is_searched_for_garbage_that_stays_until_the_end():
  ended = subprocess.run(
    [sys.executable, '-c', PROGRAM], capture_output=True, text=True, check=True
  )
  assert ended.stdout.split() == ['True', 'True']
