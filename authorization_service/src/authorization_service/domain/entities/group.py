"""Groups of users, which hold grants together."""

from dataclasses import dataclass
from datetime import datetime

from authorization_service.domain.value_objects.group_name import GroupName

# A change of a group's grants updates all its members in one transaction, which must stay short.
MAX_MEMBERS = 1000
MAX_GROUPS_OF_A_USER = 100


@dataclass(frozen=True, slots=True)
class Group:
    """A group. Its members and grants are stored separately."""

    name: GroupName
    created_at: datetime
