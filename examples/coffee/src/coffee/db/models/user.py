"""People."""

from pydantic import BaseModel, ConfigDict

from coffee.core.security import Role, covers


class User(BaseModel):
    """A user of the community, under `users/{id}`."""

    model_config = ConfigDict(frozen=True)

    id: str
    username: str
    name: str
    about: str = ""
    role: Role = "member"

    def may(self, role: Role) -> bool:
        """Return whether the user may do what a role may."""
        return covers(self.role, role)
