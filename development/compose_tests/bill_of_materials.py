"""Check the bill of materials in each image of Python code."""

import json

from compose_tests.compose import ComposeProject
from compose_tests.report import Report

FILE = "/opt/venv/sbom.cdx.json"
LIST_PACKAGES = """
import importlib.metadata, json, re
print(json.dumps({re.sub("[-_.]+", "-", one.name).lower(): one.version for one in importlib.metadata.distributions()}))
"""


def check_bills_of_materials(report: Report, project: ComposeProject) -> None:
    """Check that the CycloneDX document in each image names exactly the packages that are installed."""
    for service in ("authorization_service", "key_value_service", "backup"):
        bill = json.loads(project.execute(service, "cat", FILE))
        listed = {one["name"].replace("_", "-").replace(".", "-").lower(): one["version"] for one in bill["components"]}
        installed = json.loads(project.execute(service, "/opt/venv/bin/python", "-I", "-c", LIST_PACKAGES))
        report.equal(f"the bill of materials of {service} names what is installed", listed, installed)
