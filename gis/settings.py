"""All settings. The only reader of the environment: variables start with `WANGGE_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from gis.identity.profiles import PasswordProfile


class Settings(BaseSettings):
    """What an operator can set; every field is `WANGGE_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_", frozen=True, extra="ignore")

    home: Path = Field(default=Path(".wangge"), description="Folder of the private database and caches.")
    database_url: str | None = Field(
        default=None,
        description="PostGIS of one's own, as postgresql://user:password@host/name. "
        "Unset: the private cluster under `home`.",
    )
    database_name: str = Field(default="wangge", description="Database inside the private cluster.")
    pool_size: Annotated[int, Field(ge=1, le=64)] = Field(default=8, description="Connections and threads.")

    key_file: Path | None = Field(
        default=None,
        description="File of the keys of personal data, best on another disk than the database. "
        "Unset: one under `home`, made when it is first needed.",
    )
    reporter_days: PositiveInt = Field(
        default=365, description="Who reported an event is forgotten so many days after it."
    )
    audit_days: Annotated[int, Field(ge=183)] = Field(
        default=1095, description="Entries of the audit log are kept so many days; the law wants six months."
    )

    district_name: str = Field(
        default="", description="Shown in page titles; empty: the district area's name."
    )
    district_crs: str = Field(
        default="auto",
        description="Projected system for metres, as EPSG:4549; auto: the CGCS2000 3-degree zone in China, "
        "the UTM zone elsewhere.",
    )
    time_zone: str = Field(default="Asia/Shanghai", description="The district's time zone: whose days count.")
    code_scheme: str = Field(
        default="community-3",
        description="Code scheme of grids (`gis.gridding.codes`): community-3 or free.",
    )

    min_width_m: PositiveFloat = Field(default=0.1, description="A gap or overlap this wide is a finding.")
    min_area_m2: PositiveFloat = Field(default=1.0, description="A gap or overlap this large is a finding.")

    host: str = Field(default="127.0.0.1", description="Address the service listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port the service listens on."
    )
    tile_url: str = Field(
        default="",
        description="Background tiles as an XYZ template on the district's own network; empty: none.",
    )

    password_profile: PasswordProfile = Field(
        default=PasswordProfile.ASVS,
        description="Rules of passwords: asvs (OWASP: long, none guessable) or mlps (classified protection: "
        "composition, a new one every 90 days).",
    )
    second_factor: str = Field(
        default="offered",
        pattern="^(offered|required)$",
        description="One-time codes: offered to everybody, or required of everybody.",
    )
    public_url: str = Field(
        default="", description="Address people reach the service at, as https://grid.example.cn/."
    )
    oidc_issuer: str = Field(
        default="", description="Identity provider of one's own (OpenID Connect); empty: none."
    )
    oidc_client_id: str = Field(default="", description="What this service is called there.")
    oidc_client_secret: str = Field(
        default="", description="Its secret there; empty: a public client.", repr=False
    )
    oidc_login_claim: str = Field(
        default="preferred_username", description="Claim that holds the log-in name, the first time."
    )
    session_idle_minutes: PositiveInt = Field(
        default=30, description="A browser's session ends after so long without use."
    )
    session_hours: PositiveInt = Field(default=12, description="And after so long in any case.")
    phone_token_minutes: PositiveInt = Field(
        default=60, description="A phone's token is renewed after so long."
    )
    phone_session_days: PositiveInt = Field(
        default=30, description="A phone signs in again after so long in any case."
    )

    max_body_mb: PositiveInt = Field(default=64, description="Largest request body.")
    slow_client_seconds: PositiveFloat = Field(
        default=20,
        description="Time for a request's head; body and answer lag no further behind 1 kB/s.",
    )
    max_unpacked_mb: PositiveInt = Field(default=1000, description="Most that an imported zip unfolds to.")
    max_features: PositiveInt = Field(default=1_000_000, description="Most features in one imported file.")
    max_vertices: PositiveInt = Field(default=200_000, description="Most vertices in one feature.")
    import_seconds: PositiveInt = Field(
        default=600, description="Time limit of the file-reading child process."
    )
    import_memory_mb: PositiveInt = Field(default=4096, description="Memory limit of that child process.")
    index_files: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=8, description="Indexes of releases kept as files under `home`; 0: none."
    )
    max_sync_grids: PositiveInt = Field(
        default=5000, description="A check or repair of more areas and grids than this is answered by a job."
    )
    max_jobs: PositiveInt = Field(default=1, description="Jobs that run at once, on all processes together.")
    job_seconds: PositiveInt = Field(default=3600, description="Time limit of a job.")
    max_map_grids: PositiveInt = Field(default=5000, description="Most grids one map page carries.")

    log_format: str = Field(default="text", pattern="^(text|json)$", description="text or json.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="Least level logged."
    )
