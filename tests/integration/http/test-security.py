# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Weft authors
"""Who is turned away, and that nobody can hold the frontend up."""

import concurrent.futures
import os
import socket
import ssl
import subprocess
import time

import frontend
import harness

TOKEN = "correct-horse-battery-staple"


def refused(folder, *options, text):
    done = harness.weft("serve", *options, check=False, timeout=30)
    assert done.returncode == 1 and text in done.stderr, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr


def write_token(folder, token=TOKEN, mode=0o600):
    path = folder / "token"
    path.write_text(token + "\n")
    path.chmod(mode)
    return path


def make_certificate(folder):
    harness.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                folder / "key.pem", "-out", folder / "cert.pem")
    return folder / "cert.pem", folder / "key.pem"


def test_a_public_address_needs_a_token_or_tls(folder):
    for address in ("0.0.0.0:0", ":0", "[::]:0"):
        refused(folder, "-l", address, text="give a token or TLS")
    with frontend.serve("--token-file", write_token(folder), listen="0.0.0.0:0") as server:
        assert server.url.startswith("http://0.0.0.0:")


def test_bad_settings_are_one_clear_line(folder):
    refused(folder, "-l", "nowhere", text="is no address")
    refused(folder, "-l", "127.0.0.1:99999", text="is no address")
    refused(folder, "--token-file", folder / "none", text="cannot read")
    refused(folder, "--token-file", write_token(folder, mode=0o644), text="not secret")
    refused(folder, "--token-file", write_token(folder, "short"), text="easy to guess")
    refused(folder, "--tls-cert", write_token(folder), text="both a certificate and its key")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused(folder, "-l", f"127.0.0.1:{taken.getsockname()[1]}", text="port 0: any that is free")
    assert harness.weft("serve", "--max-trace", "0", check=False).returncode == 2


def test_the_token(folder):
    with frontend.serve("--token-file", write_token(folder)) as server:
        for given in (None, "", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x",
                      f"Basic {TOKEN}", TOKEN):
            answer = server.get("/", headers={"Authorization": given} if given is not None else {})
            assert answer.status == 401, given
            assert answer["WWW-Authenticate"] == 'Bearer realm="weft"'
        assert server.get("/", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200
        assert server.get("/", headers={"Authorization": f"bearer {TOKEN}"}).status == 200
        harness.wait_for(lambda: server.log_text().count(" 401 ") == 8 and
                         server.log_text().count("(token)") == 2, "the log of all answers")
        assert TOKEN not in server.log_text()


def test_tls(folder):
    cert, key = make_certificate(folder)
    with frontend.target() as target, \
            frontend.serve("--tls-cert", cert, "--tls-key", key, "--pid", target.pid) as server:
        assert server.url.startswith("https://")
        base = ["curl", "-sS", "--fail", "--cacert", cert]
        address = f"{server.url}/debug/pprof/"
        assert "Content-Type: text/html" in harness.run(*base, "-D", "-", address).stdout
        harness.run(*base, "-o", folder / "trace", address + "trace?seconds=0.5")
        harness.weft("verify", folder / "trace")
        with server.connect() as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" not in plain.recv(100), "plain HTTP on a TLS port"
        context = ssl.create_default_context(cafile=cert)
        with server.connect() as client, \
                context.wrap_socket(client, server_hostname="localhost") as secure:
            assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_only_safe_hosts(folder):
    with frontend.serve("--allow-host", "build.example") as server:
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", f"127.0.0.1:{server.port}", "[::1]:9",
                     "build.example:80", "Build.Example"):
            assert server.get("/", headers={"Host": host}).status == 200, host
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:x",
                     "[::1", "evil.example:6060", "a@localhost"):
            answer = server.get("/", headers={"Host": host})
            assert answer.status == 403 and "Host" in answer.text, host


def test_no_other_sites_scripts(folder):
    with frontend.serve() as server:
        cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert server.get("/", headers=cross).status == 403
        answer = server.get("/", headers={"Origin": "http://evil.example"})
        assert answer["Access-Control-Allow-Origin"] is None
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert server.get("/", headers=link).status == 200


def test_a_unix_socket_is_for_its_user_and_root(folder):
    folder.chmod(0o755)
    path = folder / "socket"
    with frontend.serve(listen=f"unix:{path}") as server:
        assert path.stat().st_mode & 0o777 == 0o600
        ask = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--unix-socket", path,
               "http://any.name/"]
        assert harness.run(*ask).stdout == "200"
        assert f"uid={os.getuid()} pid=" in server.log_text()
        if os.geteuid() != 0:
            raise harness.Skip("only root can try as somebody else")
        path.chmod(0o666)  # As if somebody had opened it.
        done = harness.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *ask,
                           check=False)
        assert done.stdout == "403", done
        assert "uid=65534" in server.log_text()
    assert not path.exists()


def test_slow_loris(folder):
    """A byte now and then does not hold a connection; others are served meanwhile."""
    with frontend.serve() as server:
        with server.connect() as slow:
            start = time.monotonic()
            slow.settimeout(0.5)
            sent = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 1000
            for number in range(len(sent)):
                try:
                    slow.sendall(sent[number:number + 1])
                    if not slow.recv(1):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            took = time.monotonic() - start
            assert 8 < took < 30, f"held for {took:.1f} s"
        assert server.get("/").status == 200


def test_big_requests_are_turned_away(folder):
    with frontend.serve() as server:
        assert server.get("/" + "a" * 100000).status in (413, 414, 431)
        assert server.get("/", headers={"X-Big": "a" * 100000}).status in (413, 431)
        assert server.get("/").status == 200


def test_two_hundred_clients(folder):
    with frontend.target() as target, frontend.serve("--pid", target.pid) as server:
        server.get("/debug/pprof/")
        before = frontend.open_fds(server.process.pid)
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda _: server.get("/debug/pprof/").status, range(600)))
        assert answers == [200] * 600, set(answers)
        harness.wait_for(lambda: frontend.open_fds(server.process.pid) <= before + 1, "idle")
        threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
        assert threads < 10, f"{threads} threads are left"


def test_garbage_is_answered_or_cut_and_harms_nobody(folder):
    shots = [b"\0" * 100 + b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff\xfe\r\n\r\n",
             b"GET /%00%ff%zz?%00=%zz&seconds=%31 HTTP/1.1\r\nHost: localhost\r\n\r\n",
             b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             b"POST /1/debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
             b"POST /1/debug/pprof/symbol HTTP/1.1\r\nHost: localhost\r\n"
             b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
             b"GET //debug//pprof/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
             b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    with frontend.serve() as server:
        for shot in shots:
            with server.connect() as client:
                client.settimeout(15)
                client.sendall(shot)
                client.shutdown(socket.SHUT_WR)
                try:
                    while client.recv(4096):
                        pass
                except OSError:
                    pass
        assert server.get("/").status == 200


harness.main()
