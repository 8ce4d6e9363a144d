"""The small web app of one practice host: it serves what lies in the host's directory, broken or not."""

import hashlib
import html
import json
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from urllib.parse import unquote

from swatbot.practice.log_line import Line
from swatbot.practice.site_config import Evaluation, Files, SiteError, Value, plain
from swatbot.practice.web_door import Request, Response

SETTINGS = "wmf-config/CommonSettings.php"
INDEX = "w/index.php"
MAIN_PAGE = "Main_Page"
_NAMELESS = "Undefined variable $wgSitename"
_TYPES = {".png": "image/png", ".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml"}


class Site:
    """What one host serves.

    Args:
        host: its name.
        root: the directory it serves from.
        log: takes a line for every request.
        opcache: whether it serves its code as it was loaded until it is told to reload.
        reload: a file; whoever makes it tells the site to reload, and the site takes it away.
    """

    def __init__(
        self,
        host: str,
        root: Path,
        log: Callable[[str, Line], None],
        *,
        opcache: bool = False,
        reload: Path | None = None,
    ) -> None:
        self.host = host
        self.up = True
        self._root = root
        self._files = Files(root, opcache=opcache)
        self._reload = reload
        self._log = log
        self._requests = count(1)

    @property
    def opcache(self) -> bool:
        """Whether it serves its code as it was loaded."""
        return self._files.opcache

    @opcache.setter
    def opcache(self, on: bool) -> None:
        self._files.opcache = on

    def get(self, target: str) -> Response:
        """Serve a path as if a browser had asked for it."""
        return self.answer(Request("GET", target))

    def answer(self, request: Request) -> Response:
        """Serve a request, and log it."""
        self._look_for_reload()
        path = unquote(request.path)
        try:
            response = self._route(path)
        except SiteError as error:
            self.trouble(error.message, error.normalized, path)
            return self._page(500, f"{error.message}\n", "text/plain; charset=utf-8")
        level = "INFO" if response.status < 400 else "WARNING"
        self._log(self.host, Line(level, f"{response.status} {path}", "request", path, "access"))
        return response

    def _look_for_reload(self) -> None:
        if self._reload is None:
            return
        try:
            os.unlink(self._reload)  # noqa: PTH108 - as with `stat`, before every request
        except FileNotFoundError:
            return
        self._files.reload()

    def trouble(self, message: str, normalized: str, url: str) -> None:
        """Log an error."""
        self._log(self.host, Line("ERROR", message, normalized, url, "exception"))

    def _route(self, path: str) -> Response:
        if path == "/healthz":
            self._evaluate(SETTINGS, "", "health")
            return self._page(200, "ok\n", "text/plain; charset=utf-8")
        if path == "/config.json":
            return self._config()
        if path.startswith("/static/"):
            return self._static(path.removeprefix("/"))
        if path == "/" or path.startswith("/wiki/"):
            return self._article(path.removeprefix("/wiki/").strip("/") or MAIN_PAGE, INDEX)
        if path.startswith("/w/") and path.endswith(".php") and self._files.load(path[1:]):
            return self._article(MAIN_PAGE, path[1:])
        return self._page(404, "<h1>Not found</h1>")

    def _evaluate(self, entry: str, page: str, action: str) -> Evaluation:
        variables: dict[str, Value] = {"$page": page, "$action": action}
        evaluation = Evaluation(self._files, variables, next(self._requests))
        evaluation.run(entry)
        return evaluation

    def _article(self, page: str, entry: str) -> Response:
        actions = {MAIN_PAGE: "main", "Special:Upload": "upload"}
        settings = self._evaluate(entry, page, actions.get(page, "article")).variables
        if "$wgSitename" not in settings:
            raise SiteError(f"PHP Fatal error: {_NAMELESS}", _NAMELESS)
        title = f"{page.replace('_', ' ')} - {settings['$wgSitename']}"
        parts = [f"<title>{html.escape(title)}</title>", f"<h1>{html.escape(page.replace('_', ' '))}</h1>"]
        if page == "Special:Upload":
            allowed = settings.get("$wgEnableUploads")
            parts.append("<form>Upload a file</form>" if allowed else "<p>Uploads are disabled.</p>")
        if settings.get("$wgRelatedArticles"):
            parts.append("<div id='related'>Related articles</div>")
        parts.append(f"<footer>{html.escape(str(settings.get('$wgFooter', '')))}</footer>")
        return self._page(200, "\n".join(parts) + "\n")

    def _config(self) -> Response:
        evaluation = self._evaluate(SETTINGS, "", "config")
        settings = {k[1:]: plain(v) for k, v in evaluation.variables.items() if k.startswith("$wg")}
        files = dict(sorted(evaluation.used.items()))
        digest = hashlib.sha256("".join(f"{k}\0{v}\n" for k, v in files.items()).encode()).hexdigest()
        body = json.dumps({"host": self.host, "digest": digest, "files": files, "settings": settings})
        return self._page(200, body, "application/json")

    def _static(self, path: str) -> Response:
        if self._files.load(path) is None:
            return self._page(404, "<h1>Not found</h1>")
        kind = _TYPES.get(Path(path).suffix, "application/octet-stream")
        return Response(200, (self._root / path).read_bytes(), kind, {"X-Served-By": self.host})

    def _page(self, status: int, text: str, kind: str = "text/html; charset=utf-8") -> Response:
        return Response(status, text.encode(), kind, {"X-Served-By": self.host})
