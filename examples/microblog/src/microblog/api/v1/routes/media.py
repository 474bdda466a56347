"""Images."""

from fastapi import APIRouter, Response, UploadFile

from microblog.api.dependencies import CallerNeeded, Id, ServicesNeeded
from microblog.schemas import MediaOut

router = APIRouter(prefix="/media", tags=["media"])


@router.post("", status_code=201)
async def upload(file: UploadFile, caller: CallerNeeded, services: ServicesNeeded) -> MediaOut:
    """Keep an image for a tweet that you will post. Its name and declared type count for nothing."""
    media = await services.media.upload(caller, await file.read(services.settings.max_media_bytes + 1))
    return MediaOut(id=media.id, media_type=media.media_type, url=f"/api/v1/media/{media.id}")


@router.get("/{media_id}", response_class=Response)
async def download(media_id: Id, services: ServicesNeeded) -> Response:
    """Return an image. Its address, which nobody can guess, is all that one needs: so that pages can show it."""
    media, data = await services.media.download(media_id)
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media.media_type, headers=headers)
