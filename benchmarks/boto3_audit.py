"""The usual audit with boto3, as scripts for it are written: for each account of the organization a role, all users,
their keys and when each was last used, with one client per account. The reference that ./bench compares with.

  boto3_audit.py [--threads N] [--accounts N]   audits the organization that the environment names, or part of it
  boto3_audit.py --calls N                      only that many GetCallerIdentity, one after the other

Prints one JSON object.
"""

import argparse
import concurrent.futures
import json
import os
import resource
import time

import boto3
import botocore.config

# The default of ten connections would make 32 threads wait for each other.
CONFIG = botocore.config.Config(max_pool_connections=64, retries={"mode": "standard"})


def client(service, **credentials):
    return boto3.client(service, region_name=os.environ["AWS_REGION"], config=CONFIG, **credentials)


def audit_account(sts, account):
    external_id = os.environ.get("KEYWARD_EXTERNAL_ID")
    session = sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/keyward-rotate",
        RoleSessionName="audit",
        **({"ExternalId": external_id} if external_id else {}),
    )["Credentials"]
    # Its own session: making clients from the default one is not safe in threads.
    iam = boto3.session.Session().client(
        "iam",
        region_name=os.environ["AWS_REGION"],
        config=CONFIG,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    keys = []
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]:
                used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
                keys.append((user["UserName"], key["Status"], key["CreateDate"], used.get("LastUsedDate")))
    return len(keys)


def audit(threads, most):
    organizations = client("organizations")
    sts = client("sts")
    management = sts.get_caller_identity()["Account"]
    accounts = [
        account["Id"]
        for page in organizations.get_paginator("list_accounts").paginate()
        for account in page["Accounts"]
        if account["Status"] == "ACTIVE" and account["Id"] != management
    ]
    accounts = accounts[:most]
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        keys = sum(pool.map(lambda account: audit_account(sts, account), accounts))
    return {"accounts": len(accounts), "keys": keys}


def call(number):
    sts = client("sts")
    sts.get_caller_identity()
    start = cpu()
    for _ in range(number):
        sts.get_caller_identity()
    return {"calls": number, "calls_cpu": cpu() - start}


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--accounts", type=int, help="so many at most")
    arguments.add_argument("--calls", type=int)
    options = arguments.parse_args()
    start = time.monotonic()
    result = call(options.calls) if options.calls else audit(options.threads, options.accounts)
    print(json.dumps({**result, "wall": time.monotonic() - start, "cpu": cpu()}))


if __name__ == "__main__":
    main()
