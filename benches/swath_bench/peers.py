"""How each server is configured and started.

In: what to serve, on which port, with or without TLS, on how many cores. Out: a command, and the files it needs in its own
directory. All keep connections for 60,000 requests and for two minutes, so that none saves what another spends, and none
writes an access log (swath once more with one, and with its inspector, which is said).
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Enough for all that four connections of HTTP/2 ask in one load, since h2load counts what a goodbye cuts off as failed; some peers take 65,535 at most.
REQUESTS_PER_CONNECTION = 60_000
IDLE_SECONDS = 120
CONNECTIONS = 12_000


@dataclass(frozen=True)
class Site:
    """What a server is told: everything else is the same for all."""

    root: Path
    directory: Path  # its own, for configuration, logs and temporary files
    port: int
    tls: bool
    cores: int
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Server:
    name: str
    program: str
    version: list  # arguments that print the version
    command: object  # Site -> list of arguments, writing what it needs into site.directory
    is_peer: bool = True

    @property
    def has_option(self):
        """Whether it is swath once more, with something that it does by the way."""
        return not self.is_peer and self.name != SWATH

    def describe(self, program):
        done = subprocess.run([program, *self.version], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
        found = re.search(r"\d+\.\d+(\.\d+)?[^\s,)]*", done.stdout)
        return found.group(0) if found else "unknown"


def find(program, own):
    """Where a program lies; `own` are the places to look first."""
    for place in own:
        if (place / program).exists():
            return str(place / program)
    found = shutil.which(program, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise SystemExit(f"{program} is not installed; run benches/setup.sh")
    return found


def _write(site, name, text):
    path = site.directory / name
    path.write_text(text)
    return str(path)


def nginx(tcp_nopush):
    def command(site):
        tls = f"ssl_certificate {site.certificate}; ssl_certificate_key {site.key}; ssl_protocols TLSv1.2 TLSv1.3;"
        temporary = "".join(f"  {kind}_temp_path {site.directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return ["nginx", "-c", _write(site, "nginx.conf", f"""
daemon off;
worker_processes {site.cores};
worker_rlimit_nofile {CONNECTIONS + 6000};
pid {site.directory}/pid;
error_log {site.directory}/error.log;
events {{ worker_connections {CONNECTIONS + 100}; }}
http {{
{temporary}  access_log off;
  sendfile on;
  tcp_nopush {"on" if tcp_nopush else "off"};
  open_file_cache max=20000 inactive=120s;
  keepalive_requests {REQUESTS_PER_CONNECTION};
  keepalive_timeout {IDLE_SECONDS};
  server {{
    listen 127.0.0.1:{site.port} reuseport backlog=4096{" ssl http2" if site.tls else ""};
    {tls if site.tls else ""}
    root {site.root};
  }}
}}
"""), "-e", f"{site.directory}/error.log"]

    return command


def h2o(site):
    tls = f", ssl: {{certificate-file: {site.certificate}, key-file: {site.key}}}" if site.tls else ""
    return ["h2o", "-c", _write(site, "h2o.conf", f"""
num-threads: {site.cores}
max-connections: {CONNECTIONS}
http1-request-timeout: {IDLE_SECONDS}
http2-idle-timeout: {IDLE_SECONDS}
error-log: {site.directory}/error.log
listen: {{host: 127.0.0.1, port: {site.port}{tls}}}
hosts:
  default:
    paths:
      /:
        file.dir: {site.root}
""")]


def lighttpd(site):
    tls = f"""
server.modules = ("mod_openssl")
ssl.engine = "enable"
ssl.pemfile = "{site.certificate}"
ssl.privkey = "{site.key}"
""" if site.tls else ""
    return ["lighttpd", "-D", "-f", _write(site, "lighttpd.conf", f"""
server.document-root = "{site.root}"
server.bind = "127.0.0.1"
server.port = {site.port}
server.errorlog = "{site.directory}/error.log"
server.upload-dirs = ("{site.directory}")
server.max-worker = {site.cores}
server.max-fds = {CONNECTIONS + 6000}
server.max-connections = {CONNECTIONS}
server.max-keep-alive-idle = {IDLE_SECONDS}
server.max-keep-alive-requests = {REQUESTS_PER_CONNECTION}
server.network-backend = "sendfile"
mimetype.assign = ("" => "application/octet-stream")
{tls}""")]


def apache(site):
    modules = {"mpm_event": "mpm_event", "authz_core": "authz_core"}
    if site.tls:
        modules |= {"socache_shmcb": "socache_shmcb", "ssl": "ssl", "http2": "http2"}
    loads = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{file}.so\n" for name, file in modules.items())
    tls = f"""
SSLEngine on
SSLCertificateFile {site.certificate}
SSLCertificateKeyFile {site.key}
SSLSessionCache none
Protocols h2 http/1.1
""" if site.tls else ""
    return ["apache2", "-DFOREGROUND", "-f", _write(site, "apache.conf", f"""
ServerRoot {site.directory}
ServerName localhost
PidFile {site.directory}/pid
DefaultRuntimeDir {site.directory}
Mutex fcntl:{site.directory}
ErrorLog {site.directory}/error.log
Listen 127.0.0.1:{site.port}
{loads}
ServerLimit {site.cores}
StartServers {site.cores}
ThreadsPerChild 64
ThreadLimit 64
MaxRequestWorkers {64 * site.cores}
MinSpareThreads 64
MaxSpareThreads {64 * site.cores}
AsyncRequestWorkerFactor {CONNECTIONS // 64}
ListenBacklog 4096
KeepAlive On
KeepAliveTimeout {IDLE_SECONDS}
MaxKeepAliveRequests {REQUESTS_PER_CONNECTION}
EnableSendfile On
DocumentRoot {site.root}
<Directory />
Require all granted
AllowOverride None
</Directory>
{tls}""")]


def caddy(site):
    tls = f"tls {site.certificate} {site.key}" if site.tls else ""
    return ["caddy", "run", "--adapter", "caddyfile", "--config", _write(site, "Caddyfile", f"""
{{
  admin off
  auto_https off
  log {{
    level ERROR
  }}
  servers {{
    timeouts {{
      idle {IDLE_SECONDS}s
    }}
  }}
}}
{"https" if site.tls else "http"}://127.0.0.1:{site.port} {{
  bind 127.0.0.1
  {tls}
  root * {site.root}
  file_server
}}
""")]


def static_web_server(site):
    command = [
        "static-web-server", "--host", "127.0.0.1", "--port", str(site.port), "--root", str(site.root), "--log-level", "error",
        "--compression", "false", "--security-headers", "false", "--cache-control-headers", "false", "--threads-multiplier", "1",
    ]
    if site.tls:
        command += ["--http2", "true", "--http2-tls-cert", str(site.certificate), "--http2-tls-key", str(site.key)]
    return command


def swath(log, *more):
    def command(site):
        where = f"{'https' if site.tls else 'http'}://127.0.0.1:{site.port}"
        arguments = ["swath", "serve", str(site.root), "--listen", where, "--log", log]
        arguments += ["--parts-max", "32", "--connections-max", str(CONNECTIONS), "--idle-timeout", f"{IDLE_SECONDS}s"]
        arguments += ["--requests-per-connection", str(REQUESTS_PER_CONNECTION), *more]
        if site.tls:
            arguments += ["--tls-cert", str(site.certificate), "--tls-key", str(site.key)]
        return arguments

    return command


SWATH = "swath"
SERVERS = [
    Server(SWATH, "swath", ["--version"], swath("off"), is_peer=False),
    Server("swath --log json", "swath", ["--version"], swath("json"), is_peer=False),
    Server("swath --inspect", "swath", ["--version"], swath("off", "--inspect=127.0.0.1:0"), is_peer=False),
    Server("nginx, tcp_nopush on", "nginx", ["-v"], nginx(True)),
    Server("nginx, tcp_nopush off", "nginx", ["-v"], nginx(False)),
    Server("H2O", "h2o", ["--version"], h2o),
    Server("lighttpd", "lighttpd", ["-v"], lighttpd),
    Server("Apache", "apache2", ["-v"], apache),
    Server("Caddy", "caddy", ["version"], caddy),
    Server("static-web-server", "static-web-server", ["--version"], static_web_server),
]
