"""Says what is being done, and counts what was found."""

import time


class Report:
    """Prints a line for each step and each check."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.passed = 0
        self.failed = 0

    def step(self, what: str) -> None:
        """Say what comes next."""
        print(f"[{time.monotonic() - self._began:4.0f} s] {what}", flush=True)

    def check(self, claim: str, *, holds: bool, found: object = "") -> None:
        """Count a claim, and show what was found in its place if it does not hold."""
        if holds:
            self.passed += 1
            print(f"    ok    {claim}", flush=True)
        else:
            self.failed += 1
            print(f"    FAILED  {claim}" + (f"\n        found: {found}" if found != "" else ""), flush=True)

    def equal(self, claim: str, found: object, expected: object) -> None:
        """Count the claim that `found` is what was expected."""
        self.check(claim, holds=found == expected, found=found)
