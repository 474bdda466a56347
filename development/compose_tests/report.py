"""Print steps and checks, and count the results."""

import time


class Report:
    """Prints a line for each step and each check."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.passed = 0
        self.failed = 0

    def step(self, what: str) -> None:
        """Print the next step, with the seconds since the start."""
        print(f"[{time.monotonic() - self._began:4.0f} s] {what}", flush=True)

    def check(self, claim: str, *, holds: bool, found: object = "") -> None:
        """Count a check; if it fails, print what was found."""
        if holds:
            self.passed += 1
            print(f"    ok    {claim}", flush=True)
        else:
            self.failed += 1
            print(f"    FAILED  {claim}" + (f"\n        found: {found}" if found != "" else ""), flush=True)

    def equal(self, claim: str, found: object, expected: object) -> None:
        """Count the check that `found` equals `expected`."""
        self.check(claim, holds=found == expected, found=found)
