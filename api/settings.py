"""Settings of the command centre's service, from the environment (`NGATU_…`) or `ngatu serve`'s options."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from vision.config.settings import BusSettings

WEB_DIST = Path(__file__).parent / "web" / "dist"


class ServiceSettings(BusSettings):
    """Settings of one service process. Several may run behind one address, on one Redis and one database."""

    host: str = Field(
        "127.0.0.1", title="Address to listen on", description="All but loopback addresses can be reached by others."
    )
    port: int = Field(8000, ge=0, le=65535, title="Port to listen on", description="0: any free port.")
    hosts: tuple[str, ...] = Field(
        (),
        title="Names of this service",
        description='Host names under which clients reach it, as a JSON list: ["centre.example"]. Loopback names, this '
        "machine's name and `host` are always allowed; * allows all.",
    )
    database: SecretStr = Field(
        SecretStr("sqlite:///var/ngatu.sqlite3"),
        title="Database",
        description="sqlite:///path/to/file or postgresql://user:password@host:port/name.",
    )
    cameras: Path = Field(Path("camera_configs"), title="Folder of camera files")
    state: Path = Field(Path("var"), title="Folder for what survives a restart: the last good versions of camera files")
    web: Path = Field(WEB_DIST, title="Folder of the built page")
    timezone: str = Field("Asia/Ho_Chi_Minh", title="Time zone", description="Days begin at its midnight.")
    batch: int = Field(500, ge=1, le=10_000, title="Events stored in one transaction, at most")
    claim_after_s: float = Field(
        5,
        gt=0,
        title="Claim after, in seconds",
        description="Events that another process took and did not store for this long are stored by this one.",
    )
    lag_at_most_s: float = Field(
        60,
        gt=0,
        title="Lag at most, in seconds",
        description="If the database is further behind, the service is not ready.",
    )
    queue: int = Field(
        2_000, ge=1, title="Messages by which a follower may be late", description="A slower one is disconnected."
    )

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is an OSError
            raise ValueError(f"unknown time zone {name!r}: write one as Asia/Ho_Chi_Minh or UTC") from error
        return name
