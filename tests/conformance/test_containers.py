"""The container image and the Kubernetes manifests."""

import io
import json
import os
import re
import subprocess

import dockerfile_parse
import kubernetes_validate
import pytest
import yaml

from confinement import confined
from keyward_process import ROOT, Keyward, executable
from organizations import A, B, C, account, organization, overdue

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
# The first in which all that they use is stable (backoffLimitPerIndex), and the newest that the package knows.
KUBERNETES = ("1.33", kubernetes_validate.latest_version())


# ---- the image ----


def test_the_dockerfile_makes_an_image_without_root_and_shell():
    parsed = dockerfile_parse.DockerfileParser(fileobj=io.BytesIO((DEPLOY / "container/Dockerfile").read_bytes()))
    stages, known = [], {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "LABEL", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    arguments = {}
    for step in parsed.structure:
        word, value = step["instruction"], step["value"]
        if word == "COMMENT":
            continue
        assert word in known, word
        if word == "FROM":
            stages.append({"FROM": [value]})
        elif word == "ARG":
            arguments.update([value.split("=", 1)])
        else:
            stages[-1].setdefault(word, []).append(value)
    build, final = stages
    assert re.fullmatch(r"debian:12\.\d+-slim", arguments["BASE"]) and build["FROM"] == ["${BASE} AS build"]
    assert re.fullmatch(r"20\d{6}T\d{6}Z", arguments["SNAPSHOT"])
    assert final["FROM"] == ["scratch"]
    # Numbers, because Kubernetes cannot tell from a name that it is not root.
    assert final["USER"] == ["65532:65532"]
    assert json.loads(final["ENTRYPOINT"][0]) == ["/usr/bin/keyward"] and json.loads(final["CMD"][0]) == ["run"]
    assert final["COPY"] == ["--from=build /image/ /"] and "RUN" not in final
    assert final["HEALTHCHECK"] == ["NONE"] and final["STOPSIGNAL"] == ["SIGTERM"]

    # What the build needs reaches it.
    sent = set(re.findall(r"^!(\S+)", (DEPLOY / "container/Dockerfile.dockerignore").read_text(), re.M))
    cmake = (ROOT / "CMakeLists.txt").read_text().split("if(KEYWARD_TESTS)")[0]
    assert set(re.findall(r"add_subdirectory\((\w+)\)", cmake)) | {"cmake", "templates", "scripts", "deploy", "docs"} <= sent
    assert all((ROOT / name).exists() for name in sent)
    for name in re.findall(r"(?:deploy|scripts)/[\w/.-]+\.sh", " ".join(build["RUN"])):
        assert os.access(ROOT / name, os.X_OK), name


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image's files, made as the Dockerfile makes them."""
    root = tmp_path_factory.mktemp("image")
    subprocess.run([DEPLOY / "container/root.sh", executable(), root], check=True)
    return root


def test_the_image_holds_the_program_its_libraries_and_nothing_that_runs(image):
    programs = [path for path in image.rglob("*") if path.is_file() and not path.is_symlink() and os.access(path, os.X_OK)]
    assert [str(path.relative_to(image)) for path in programs if ".so" not in path.name] == ["usr/bin/keyward"]
    # Where libcurl looks for whom to trust.
    assert (image / "etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE") > 100
    packages = {path.name for path in (image / "var/lib/dpkg/status.d").iterdir()}
    assert {"libc6", "libcurl4", "libssl3", "ca-certificates"} <= packages
    # And the notice that is asked for a library which is compiled in.
    assert packages | {"libcli11-dev"} == {path.name for path in (image / "usr/share/doc").iterdir()}


def test_the_image_rotates_keys(image, tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, state_dir="/var/lib/keyward")
        launcher = confined(image)
        (image / "etc/keyward/config.yaml").write_text((tmp_path / "config.yaml").read_text())
        (image / "etc/keyward/config.yaml").chmod(0o644)
        done = subprocess.run([*launcher, "/usr/bin/keyward", "run"], env=keyward.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ROTATED 1" in done.stdout


# ---- Kubernetes ----


def documents():
    return [(file.name, document) for file in MANIFESTS for document in yaml.safe_load_all(file.read_text())]


def named(file, kind, name):
    [found] = [one for at, one in documents() if at == file and one["kind"] == kind and one["metadata"]["name"] == name]
    return found


JOBS = [(file, one["metadata"]["name"]) for file, one in documents() if one["kind"] == "CronJob"]


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_the_manifests(version):
    assert len(documents()) == 7
    for _, document in documents():
        kubernetes_validate.validate(document, version, strict=True)
        assert document["metadata"]["namespace"] == "keyward"


@pytest.mark.parametrize("file,name", JOBS)
def test_a_pod_may_do_next_to_nothing(file, name):
    schedule = named(file, "CronJob", name)["spec"]
    assert schedule["concurrencyPolicy"] == "Forbid"
    pod = schedule["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "keyward"
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"} and "memory" in container["resources"]["limits"]
    assert not container["image"].endswith(":latest") and ":" in container["image"]
    # Secrets come as files: not one in the environment.
    assert all("secretKeyRef" not in str(one) for one in container.get("env", []))
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert [path for path, mount in mounts.items() if not mount.get("readOnly")] == ["/var/lib/keyward"]
    assert pod["volumes"] and {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in mounts.values()}


# Exit codes of `run` (README), and what becomes of a try that ended so.
FOR_GOOD = {2, 5, 6, 7, 9}
TRIED_AGAIN = {1, 4}


@pytest.mark.parametrize("file,name,per_shard", [("cronjob.yaml", "keyward", False), ("shards.yaml", "keyward-shards", True)])
def test_only_what_may_end_better_is_tried_again(file, name, per_shard):
    job = named(file, "CronJob", name)["spec"]["jobTemplate"]["spec"]
    assert job["backoffLimitPerIndex" if per_shard else "backoffLimit"] == 1
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] == 120
    disrupted, *rules = job["podFailurePolicy"]["rules"]
    assert disrupted == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    ends = {}
    for rule in rules:
        assert rule["onExitCodes"]["operator"] == "In" and rule["onExitCodes"]["containerName"] == "keyward"
        ends.update(dict.fromkeys(rule["onExitCodes"]["values"], rule["action"]))
    assert set(ends) == FOR_GOOD and not TRIED_AGAIN & set(ends)
    # Every shard reads the same configuration, so one that is wrong is wrong for all. Otherwise the others go on.
    others = "FailIndex" if per_shard else "FailJob"
    assert ends == {2: "FailJob", **dict.fromkeys(FOR_GOOD - {2}, others)}


def test_the_network_policy_lets_out_https_and_names_only():
    policy = named("base.yaml", "NetworkPolicy", "keyward")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"] and policy["ingress"] == []
    ports = [(port["protocol"], port["port"], "to" in rule) for rule in policy["egress"] for port in rule["ports"]]
    assert ports == [("TCP", 443, False), ("UDP", 53, True), ("TCP", 53, True)]
    labels = policy["podSelector"]["matchLabels"].items()
    for file, name in JOBS:
        pod = named(file, "CronJob", name)["spec"]["jobTemplate"]["spec"]["template"]
        assert labels <= pod["metadata"]["labels"].items()


def test_the_service_account_gets_its_role_from_aws():
    account = named("base.yaml", "ServiceAccount", "keyward")
    assert re.fullmatch(r"arn:aws:iam::\d{12}:role/\S+", account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"])
    assert account["automountServiceAccountToken"] is False


def test_the_config_map_is_a_configuration(tmp_path):
    text = named("base.yaml", "ConfigMap", "keyward")["data"]["config.yaml"]
    # Below what the pods may write to.
    assert yaml.safe_load(text)["state_dir"].startswith("/var/lib/keyward/")
    (tmp_path / "external_id").write_text("of-the-secret")
    (tmp_path / "config.yaml").write_text(text.replace("/etc/keyward/secrets/", f"{tmp_path}/"))
    done = subprocess.run([executable(), "-c", tmp_path / "config.yaml", "config", "validate"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "valid\n", "")


def arguments_of(job, environment):
    """The container's, with $(NAME) replaced as Kubernetes does."""
    return [re.sub(r"\$\((\w+)\)", lambda name: environment[name[1]], text) for text in job["template"]["spec"]["containers"][0]["args"]]


def test_the_indexed_job_and_its_merge_do_what_one_process_does(tmp_path):
    job = named("shards.yaml", "CronJob", "keyward-shards")["spec"]["jobTemplate"]["spec"]
    merge = named("shards.yaml", "CronJob", "keyward-merge")["spec"]["jobTemplate"]["spec"]
    assert job["completionMode"] == "Indexed"
    [container] = job["template"]["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment == {"JOB_COMPLETIONS": str(job["completions"])}
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        pods = []
        for index in range(job["completions"]):
            pods.append(keyward.start(*arguments_of(job, {}), JOB_COMPLETION_INDEX=str(index), **environment))
        for pod in pods:
            stdout, stderr = pod.communicate(timeout=60)
            assert pod.returncode == 0, stdout + stderr
        name = {"POD_NAME": "keyward-merge-29384710-abcde"}
        arguments = [text.replace("/var/lib/keyward", str(tmp_path)) for text in arguments_of(merge, name)]
        keyward(*arguments).expect(0)
    [merged] = (tmp_path / "merged").iterdir()
    summary = json.loads((merged / "run.json").read_text())
    assert summary["accounts_covered"] == summary["accounts_participating"] == 3
    assert len(summary["merged_from"]) == job["completions"]
    assert (merged / "report.html").exists()
