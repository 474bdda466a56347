"""People."""

from pydantic import BaseModel, ConfigDict


class Profile(BaseModel):
    """A user of the microblog, under `profiles/{id}`."""

    model_config = ConfigDict(frozen=True)

    id: str
    username: str
    name: str
    about: str = ""
