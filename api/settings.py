"""What the command centre's service is told, from the environment (`NGATU_…`) or `ngatu serve`'s options."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from vision.config.settings import BusSettings

WEB_DIST = Path(__file__).parent / "web" / "dist"


class ServiceSettings(BusSettings):
    """One service process. Several may run behind one address, on one Redis and one database."""

    host: str = Field("127.0.0.1", title="Address to listen on", description="Anything but loopback is open to others.")
    port: int = Field(8000, ge=0, le=65535, title="Port to listen on", description="0: any free one.")
    database: SecretStr = Field(
        SecretStr("sqlite:///var/ngatu.sqlite3"),
        title="Database",
        description="sqlite:///path/to/file or postgresql://user:password@host:port/name.",
    )
    cameras: Path = Field(Path("camera_configs"), title="Folder of camera files")
    web: Path = Field(WEB_DIST, title="Folder of the built page")
    timezone: str = Field("Asia/Ho_Chi_Minh", title="Time zone", description="Where a day begins at midnight.")
    batch: int = Field(500, ge=1, le=10_000, title="Events stored at most in one transaction")
    claim_after_s: float = Field(
        5,
        gt=0,
        title="Claim after, in seconds",
        description="Events that another process has taken but not stored for this long are taken over.",
    )
    lag_at_most_s: float = Field(
        60, gt=0, title="Lag at most, in seconds", description="A store further behind is reported as not ready."
    )
    queue: int = Field(
        2_000, ge=1, title="Messages waiting at most for one follower", description="One that lags further is sent off."
    )

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {name!r}: write one as Asia/Ho_Chi_Minh or UTC") from error
        return name
