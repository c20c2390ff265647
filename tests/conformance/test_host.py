"""On a host: the Debian package, and the systemd units in it."""

import gzip
import os
import re
import shutil
import subprocess

import pytest

from keyward_process import ROOT, Keyward, executable
from organizations import A, B, account, organization, overdue

UNITS = ("keyward.service", "keyward.timer", "keyward-failure@keyward.service.service")


def output_of(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Of the program under test, stripped, as the release is."""
    folder = tmp_path_factory.mktemp("package")
    output_of("cpack", "-G", "DEB", "--config", executable().parents[1] / "CPackConfig.cmake", "-B", folder, umask=0o022)
    [file] = folder.glob("*.deb")
    return file


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    output_of("dpkg-deb", "--raw-extract", package, folder)
    return folder


def test_lintian_finds_nothing(package):
    # --allow-root: containers have nobody else.
    assert output_of("lintian", "--allow-root", "--fail-on", "error,warning", package) == ""


def test_the_package_holds_what_belongs_on_a_host(package, unpacked):
    listed = [line.split(maxsplit=5) for line in output_of("dpkg-deb", "--contents", package).splitlines()]
    assert {owner for _, owner, *_ in listed} == {"root/root"}
    modes = {path[1:]: mode for mode, _, _, _, _, path in listed}
    assert modes["/usr/bin/keyward"] == "-rwxr-xr-x"
    assert modes["/etc/keyward/config.yaml"] == "-rw-r-----"
    for path in ("/lib/systemd/system/keyward.service", "/lib/systemd/system/keyward.timer", "/lib/systemd/system/keyward-failure@.service",
                 "/usr/share/doc/keyward/README.md", "/usr/share/doc/keyward/copyright", "/usr/share/doc/keyward/docs/host.md"):
        assert modes[path] == "-rw-r--r--", path
    # Nothing is enabled, and no folder of state is shipped that purging would not know of.
    assert not [path for path in modes if ".wants/" in path or path.startswith("/var")]

    assert (unpacked / "DEBIAN/conffiles").read_text().split() == ["/etc/keyward/config.yaml"]
    assert (unpacked / "etc/keyward/config.yaml").read_bytes() == (ROOT / "config.yaml").read_bytes()
    depends = output_of("dpkg-deb", "--field", package, "Depends")
    for library in ("libcurl4", "libssl3", "libboost-json1.81.0", "libc6", "adduser", "ca-certificates"):
        assert re.search(rf"(^|, ){re.escape(library)}( |,|$)", depends, re.M), depends

    for page, section in (("keyward.1", "man1"), ("keyward.yaml.5", "man5")):
        text = gzip.decompress((unpacked / f"usr/share/man/{section}/{page}.gz").read_bytes())
        assert text == (ROOT / "docs/man" / page).read_bytes()
    for shell, path in (("bash", "bash-completion/completions/keyward"), ("zsh", "zsh/vendor-completions/_keyward"),
                        ("fish", "fish/vendor_completions.d/keyward.fish")):
        assert (unpacked / "usr/share" / path).read_text() == output_of(executable(), "completion", shell)

    # The program, the package and its changelog are of one version.
    version = output_of("dpkg-deb", "--field", package, "Version").strip()
    assert output_of(unpacked / "usr/bin/keyward", "version").splitlines()[0] == "keyward " + version.rpartition("-")[0]
    changelog = gzip.decompress((unpacked / "usr/share/doc/keyward/changelog.Debian.gz").read_bytes()).decode()
    assert changelog.startswith(f"keyward ({version}) ")


def test_systemd_takes_the_units(unpacked, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(unpacked, root, symlinks=True)
    # What they refer to of a host: the targets, and the program that writes to the log.
    shutil.copytree("/lib/systemd/system", root / "lib/systemd/system", symlinks=True, dirs_exist_ok=True)
    shutil.copy("/usr/bin/logger", root / "usr/bin/logger")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", f"--root={root}", *UNITS],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", ["keyward.service", "keyward-failure@.service"])
def test_the_services_are_exposed_to_little(unit, tmp_path):
    # A template has a name only with an instance.
    file = tmp_path / unit.replace("@.", "@x.")
    shutil.copy(ROOT / "deploy/systemd" / unit, file)
    report = output_of("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15", file)
    assert float(re.search(r"Overall exposure level for \S+ ([0-9.]+)", report.replace(": ", " "))[1]) <= 1.5


def settings(unit):
    """Of a unit file, the values of each key in their order."""
    found = {}
    for line in (ROOT / "deploy/systemd" / unit).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_the_service_runs_keyward_and_tells_of_every_failure(tmp_path):
    service = settings("keyward.service")
    [command] = service["ExecStart"]
    program, *arguments = command.split()
    assert program == "/usr/bin/keyward" and arguments[-1] == "run"
    # keyward takes the command line; asked for help, it does no more.
    output_of(executable(), *arguments, "--help")
    # A stop that somebody wanted is none; all others, 4 and 7 included, are told.
    assert service["SuccessExitStatus"] == ["130 143"]
    assert service["OnFailure"] == ["keyward-failure@%n.service"]
    assert service["StateDirectory"] == ["keyward"] and service["StateDirectoryMode"] == ["0700"]
    assert not {"ReadWritePaths", "Environment", "EnvironmentFile"} & set(service)
    assert "state_dir: /var/lib/keyward\n" in (ROOT / "config.yaml").read_text()
    # Secrets come as credentials. None of them has to be there.
    assert all(re.fullmatch(r"keyward\.[a-z_]+", name) for name in service["LoadCredential"])
    timer = settings("keyward.timer")
    output_of("systemd-analyze", "calendar", *timer["OnCalendar"])
    assert timer["Persistent"] == ["yes"] and timer["RandomizedDelaySec"] != ["0"]


def system_calls_of(group, known):
    """The names in one of systemd's groups, those of the groups in it included."""
    names = set()
    for word in known[group]:
        names |= system_calls_of(word, known) if word.startswith("@") else {word}
    return names


def allowed_system_calls():
    known, group = {}, None
    for line in output_of("systemd-analyze", "syscall-filter", "--no-pager").splitlines():
        word = line.strip()
        if line.startswith("@"):
            group = known.setdefault(word, [])
        elif word and not word.startswith("#") and group is not None:
            group.append(word)
    allowed = set()
    for words in settings("keyward.service")["SystemCallFilter"]:
        for group in words.lstrip("~").split():
            names = system_calls_of(group, known)
            allowed = allowed - names if words.startswith("~") else allowed | names
    return allowed


def test_a_run_makes_no_system_call_that_the_service_may_not(tmp_path):
    """With a secret from the credentials of systemd, which is how the service gets it."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), options=("--tls",)) as sandbox:
        (credentials / "keyward.external_id").write_text(sandbox.environment["KEYWARD_EXTERNAL_ID"] + "\n")
        environment = {**sandbox.environment, "CREDENTIALS_DIRECTORY": str(credentials)}
        keyward = Keyward(tmp_path / "keyward", environment, external_id="cred:keyward.external_id")
        traced = tmp_path / "calls"
        keyward.launcher = ("strace", "--follow-forks", "--quiet=all", "--output", traced)
        run = keyward("run").expect(0)
        assert [outcome for _, _, outcome in run.outcomes()] == ["done", "done"]
    calls = set(re.findall(r"^\d+ +(\w+)\(", traced.read_text(), re.M))
    assert {"socket", "connect", "openat", "flock"} <= calls
    assert calls - allowed_system_calls() == set()
    # MemoryDenyWriteExecute=, RestrictAddressFamilies=
    assert not re.search(r"mmap\(.*PROT_WRITE\|PROT_EXEC|mprotect\(.*PROT_EXEC", traced.read_text())
    families = set(re.findall(r" socket\((\w+),", traced.read_text()))
    assert families <= set(settings("keyward.service")["RestrictAddressFamilies"][0].split())


def test_the_keys_of_tls_connections_are_written_nowhere(tmp_path):
    """libcurl and OpenSSL would, where SSLKEYLOGFILE names a file: whoever reads it reads every connection."""
    file = tmp_path / "keys"
    with organization(account(A, overdue("alice")), options=("--tls",)) as sandbox:
        keyward = Keyward(tmp_path / "keyward", {**sandbox.environment, "SSLKEYLOGFILE": str(file)})
        keyward("run").expect(0)
    assert not file.exists()


def test_the_scripts_of_the_package_do_what_they_say(unpacked, tmp_path):
    """With stand-ins for the programs that change a system; apt does the rest."""
    log = tmp_path / "log"
    stand_ins = tmp_path / "bin"
    stand_ins.mkdir()
    for name in ("adduser", "chgrp", "systemctl", "deb-systemd-invoke", "rm"):
        (stand_ins / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{log}\n')
        (stand_ins / name).chmod(0o755)

    def ran(script, *arguments):
        log.write_text("")
        output_of(unpacked / "DEBIAN" / script, *arguments, env={"PATH": f"{stand_ins}:{os.environ['PATH']}"})
        return log.read_text()

    assert "adduser --system --group" in ran("postinst", "configure", "")
    assert "chgrp" not in ran("postinst", "configure", "0.0.9-1")
    assert ran("prerm", "upgrade", "0.2.0-1") == ""
    assert "timers.target.wants/keyward.timer" in ran("prerm", "remove")
    assert "/var/lib/keyward" not in ran("postrm", "remove")
    assert "rm -rf /var/lib/keyward" in ran("postrm", "purge")
