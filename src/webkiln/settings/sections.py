"""Every setting by the part of the program that receives it: its meaning and unit, its default, its names.

Each field reads `WEBKILN_<FIELD>` (upper case); `aliases` are names that self-hosters of the
original already have.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FilePath, SecretStr

from webkiln.settings import values

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Listed = BeforeValidator(values.listed)
SearchKey = Annotated[SecretStr, AfterValidator(values.sendable)] | None
SearchName = Literal["searxng", "serper", "searchapi", "brave", "tavily", "ddgs"]


class Section(BaseModel):
    """A frozen group of settings that one part of the program receives."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Section):
    """The HTTP door."""

    host: str | None = Field(
        None,
        description="Address to listen on; 127.0.0.1 when not named.",
        json_schema_extra={"aliases": ["HOST"]},
    )
    port: int = Field(
        3002, ge=0, le=65535, description="TCP port to listen on.", json_schema_extra={"aliases": ["PORT"]}
    )
    public_url: Annotated[str, AfterValidator(values.public_url)] | None = Field(
        None,
        description="What links begin with, `https://host`; taken from the request when not named.",
    )
    max_body_mb: int = Field(32, ge=1, description="Largest request body, in MiB; over it 413.")
    auth: Literal["keys", "none"] = Field(
        "keys", description="`none` switches API keys off, for a trusted network."
    )
    allowed_hosts: Annotated[tuple[str, ...], Listed] = Field(
        (),
        description="Further hosts, comma separated, by which a server without keys is asked and whose web"
        " pages it serves.",
    )
    api_key: Annotated[SecretStr, AfterValidator(values.api_key)] | None = Field(
        None,
        description="A key of your choice, 8 to 256 visible characters, valid from the first start on.",
        json_schema_extra={"aliases": ["TEST_API_KEY"]},
    )
    rate_limit_per_minute: int = Field(
        0,
        ge=0,
        description="Requests a minute and key that start work (ten times as many that watch); 0: no limit.",
    )


class StorageSettings(Section):
    """Where state lives and how long it is kept."""

    data_dir: Path = Field(Path("data"), description="Folder of the SQLite database and other files.")
    database_url: Annotated[SecretStr, AfterValidator(values.postgres_url)] | None = Field(
        None,
        description="PostgreSQL to work on together with other hosts, `postgresql://user:password@host/name`;"
        " SQLite in the data folder when not named.",
    )
    database_pool_size: int = Field(
        8, ge=2, description="Connections to PostgreSQL that one process opens at most, its doorbell's aside."
    )
    database_timeout_s: float = Field(
        3,
        gt=0,
        description="Seconds for one statement on PostgreSQL, or to become SQLite's writer, after which it"
        " counts as an outage.",
    )
    notify: bool = Field(
        default=True,
        description="Whether processes tell each other through LISTEN and NOTIFY; without, they poll.",
    )
    result_ttl_s: int = Field(86_400, ge=60, description="Seconds a finished job stays readable.")
    profile_ttl_s: int = Field(
        2_592_000, ge=60, description="Seconds that a profile is kept after its last use."
    )
    profiles_per_team: int = Field(100, ge=1, description="Most profiles that one team has.")
    snapshot_ttl_s: int = Field(
        31_536_000,
        ge=60,
        description="Seconds that a page is remembered for `changeTracking` after it was last compared.",
    )
    snapshots_max_mb: int = Field(
        1024,
        ge=0,
        description="Most MiB of pages remembered for `changeTracking`, compressed; the oldest go.",
    )
    cache_max_mb: int = Field(1024, ge=0, description="Most MiB of pages kept for `maxAge`; 0 keeps none.")
    search_index: bool = Field(
        default=True, description="Whether teams can search the pages that they have scraped."
    )
    search_index_max_mb: int = Field(
        256, ge=0, description="Most MiB of text kept for searches, a character counted as one byte."
    )


class BlobSettings(Section):
    """Where screenshots and downloads go: a folder of this machine, or a bucket that all hosts see."""

    blob_url: Annotated[str, AfterValidator(values.blob_url)] | None = Field(
        None,
        description="`s3://bucket/prefix` or `file:///folder` for blobs; `blobs` in the data folder when"
        " not named.",
    )
    s3_endpoint_url: Annotated[str, AfterValidator(values.endpoint_url)] | None = Field(
        None,
        description="Address of an S3 store other than AWS.",
        json_schema_extra={"aliases": ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]},
    )
    s3_region: str | None = Field(
        None,
        description="Region of the bucket; `us-east-1` when not named.",
        json_schema_extra={"aliases": ["AWS_REGION", "AWS_DEFAULT_REGION"]},
    )
    s3_access_key_id: SecretStr | None = Field(
        None,
        description="Access key for the bucket; without one, the role that AWS gives this machine.",
        json_schema_extra={"aliases": ["AWS_ACCESS_KEY_ID"]},
    )
    s3_secret_access_key: Annotated[SecretStr | None, AfterValidator(values.paired)] = Field(
        None,
        validate_default=True,
        description="Secret of the access key.",
        json_schema_extra={"aliases": ["AWS_SECRET_ACCESS_KEY"]},
    )
    s3_session_token: SecretStr | None = Field(
        None,
        description="Token that goes with a temporary access key.",
        json_schema_extra={"aliases": ["AWS_SESSION_TOKEN"]},
    )


class EngineSettings(Section):
    """Workers, leases and limits of concurrency."""

    workers: int | None = Field(
        None, ge=0, description="Worker processes of `serve`; one per core when not named."
    )
    worker_concurrency: int = Field(32, ge=1, le=1024, description="Pages one worker has in flight at once.")
    max_concurrency: int = Field(
        0, ge=0, description="Pages one team has in flight at once over all workers; 0 is no limit."
    )
    host_concurrency: int = Field(
        0, ge=0, description="Pages of one host in flight at once over all jobs and workers; 0 is no limit."
    )
    host_delay_ms: int = Field(
        0, ge=0, description="Milliseconds between two pages of one host over all jobs and workers."
    )
    crawl_concurrency: int = Field(
        8,
        ge=0,
        description="Pages of one crawl in flight at once when it names no `maxConcurrency`; 0 is no limit.",
    )
    lease_s: float = Field(10, gt=0, description="Seconds after which a silent worker is taken for dead.")
    drain_s: float = Field(20, ge=0, description="Seconds that SIGTERM leaves pages in flight to finish.")
    start_grace_ms: int = Field(
        250, ge=0, description="Milliseconds between a batch's start answer and its first page."
    )
    max_tries: int = Field(
        3, ge=1, le=10, description="Tries of a page on connection failures and 5xx answers."
    )
    parse_processes: int = Field(
        2, ge=1, le=64, description="Child processes of one worker that read large pages, at most."
    )
    parse_timeout_s: float = Field(20, gt=0, description="Seconds to read one large page, at most.")
    parse_memory_mb: int = Field(320, ge=128, description="MiB of memory to read one large page, at most.")


class FetchSettings(Section):
    """How the web is read, and what of it may be reached."""

    scrape_timeout_s: float = Field(
        60, gt=0, description="Seconds for a whole scrape when the request names no `timeout`."
    )
    max_page_mb: int = Field(64, ge=1, description="Most MiB of one page after decompression.")
    max_redirects: int = Field(20, ge=0, description="Redirects followed for one page.")
    map_pages: int = Field(
        5000, ge=1, description="Pages a map fetches at most, where sitemaps do not say what there is."
    )
    map_timeout_s: float = Field(
        20, gt=0, description="Seconds a map looks for pages when the request names no `timeout`."
    )
    allow_networks: Annotated[tuple[Network, ...], Listed] = Field(
        (),
        description="CIDRs, comma separated, reachable although they are not public; nothing else opens.",
    )
    resolve: Annotated[dict[str, tuple[str, ...]], BeforeValidator(values.pinned)] = Field(
        {},
        description="Names pinned to addresses, `name:address` comma separated, as curl's --resolve."
        " The egress guard still judges the address.",
    )
    extra_ca_file: Annotated[FilePath, AfterValidator(values.authorities)] | None = Field(
        None, description="PEM file of further certificate authorities to trust."
    )
    proxy_server: Annotated[str, AfterValidator(values.proxy_url)] | None = Field(
        None,
        repr=False,
        description="URL of a proxy that all page fetches go through.",
        json_schema_extra={"aliases": ["PROXY_SERVER"]},
    )
    proxy_username: str | None = Field(
        None, description="User name for the proxy.", json_schema_extra={"aliases": ["PROXY_USERNAME"]}
    )
    proxy_password: SecretStr | None = Field(
        None, description="Password for the proxy.", json_schema_extra={"aliases": ["PROXY_PASSWORD"]}
    )
    proxy_resolves_names: Annotated[bool, AfterValidator(values.left_to_a_proxy)] = Field(
        default=False,
        description="Leave host names to the proxy, where only that can resolve them. Addresses, pinned and"
        " internal names are still judged; where any other name leads, the proxy alone decides.",
    )


class BrowserSettings(Section):
    """The Chromium that shows pages which need one."""

    browser: Literal["auto", "off"] = Field(
        "auto", description="`off` reads every page over HTTP, whatever browser there is."
    )
    browser_executable: Annotated[Path, AfterValidator(values.program)] | None = Field(
        None, description="Chromium or its headless shell; looked for on this machine when not named."
    )
    browser_cdp_url: Annotated[str, AfterValidator(values.browser_url)] | None = Field(
        None,
        repr=False,
        description="A browser elsewhere, `ws://host:9222/…` or `http://host:9222`, instead of one of"
        " our own. It must be started with the flags that docs/browser.md names.",
    )
    browser_proxy_host: str = Field(
        "127.0.0.1",
        description="Address of this machine at which a browser elsewhere reaches its pages' proxies.",
    )
    browser_pages: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Pages one worker shows at once; when not named, as many as cores and memory allow.",
    )
    browser_sandbox: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Chromium's sandbox: `on` shows no page without it; `auto` does, without a kernel's.",
    )
    browser_page_mb: int = Field(
        448, ge=64, description="Most MiB of memory for one page in a browser; one that takes more is ended."
    )
    browser_recycle_pages: int = Field(250, ge=1, description="Pages a browser shows before it is replaced.")


class WebhookSettings(Section):
    """Deliveries to webhook receivers."""

    webhook_secret: SecretStr | None = Field(
        None,
        description="Secret that signs deliveries (HMAC-SHA256).",
        json_schema_extra={"aliases": ["SELF_HOSTED_WEBHOOK_HMAC_SECRET"]},
    )
    webhook_url: str | None = Field(
        None,
        repr=False,
        description="Receiver of jobs that name none; `{{JOB_ID}}` is replaced.",
        json_schema_extra={"aliases": ["SELF_HOSTED_WEBHOOK_URL"]},
    )
    webhook_timeout_s: float = Field(10, gt=0, description="Seconds a receiver has to answer.")
    webhook_retry_delays_s: Annotated[tuple[float, ...], Listed] = Field(
        (60, 300, 900),
        description="Seconds before each further try, comma separated; then the event is dropped.",
    )


class SearchSettings(Section):
    """The search engines that `/v2/search` asks; those that are set up, in the order of this list."""

    searxng_endpoint: Annotated[str, AfterValidator(values.endpoint_url)] | None = Field(
        None,
        description="Address of a SearXNG instance with `json` among its `search.formats`.",
        json_schema_extra={"aliases": ["SEARXNG_ENDPOINT"]},
    )
    searxng_engines: str | None = Field(
        None,
        description="Engines SearXNG asks for web results, comma separated; its own choice when not named.",
        json_schema_extra={"aliases": ["SEARXNG_ENGINES"]},
    )
    searxng_categories: str | None = Field(
        None,
        description="Categories SearXNG asks for web results, comma separated; `general` when not named.",
        json_schema_extra={"aliases": ["SEARXNG_CATEGORIES"]},
    )
    serper_api_key: SearchKey = Field(
        None, description="Key for Serper.", json_schema_extra={"aliases": ["SERPER_API_KEY"]}
    )
    searchapi_api_key: SearchKey = Field(
        None, description="Key for SearchAPI.", json_schema_extra={"aliases": ["SEARCHAPI_API_KEY"]}
    )
    brave_api_key: SearchKey = Field(
        None, description="Key for Brave Search.", json_schema_extra={"aliases": ["BRAVE_API_KEY"]}
    )
    tavily_api_key: SearchKey = Field(
        None, description="Key for Tavily.", json_schema_extra={"aliases": ["TAVILY_API_KEY"]}
    )
    search_ddgs: bool = Field(
        default=False, description="Whether to ask public engines without a key; takes `webkiln[ddgs]`."
    )
    search_timeout_s: float = Field(20, gt=0, description="Seconds a search engine has for one answer.")
    search_providers: Annotated[tuple[SearchName, ...], Listed, AfterValidator(values.set_up)] = Field(
        (),
        description="Order in which they are asked, comma separated: `searxng`, `serper`, `searchapi`,"
        " `brave`, `tavily`, `ddgs`; no others are asked then.",
    )


class ReadingSettings(Section):
    """How pages become text."""

    main_content: Literal["model", "rules"] = Field(
        "rules",
        description="How the main content of a page is found: `rules` goes by tags and names and keeps"
        " nearly everything, `model` weighs what its blocks hold and leaves out more (see content.md).",
    )


class LogSettings(Section):
    """What the log looks like."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is written."
    )
    log_format: Literal["console", "json"] = Field(
        "console", description="Lines for people, or one JSON object a line."
    )


class Settings(Section):
    """All sections together; only `wiring` and `cli` see it."""

    server: ServerSettings = ServerSettings()
    storage: StorageSettings = StorageSettings()
    blob: BlobSettings = BlobSettings()
    engine: EngineSettings = EngineSettings()
    fetch: FetchSettings = FetchSettings()
    browser: BrowserSettings = BrowserSettings()
    webhook: WebhookSettings = WebhookSettings()
    search: SearchSettings = SearchSettings()
    reading: ReadingSettings = ReadingSettings()
    log: LogSettings = LogSettings()
