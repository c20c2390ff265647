"""Defects that keyward could have, played by the sandbox: the harness must notice each of them."""


def no_defect(sandbox):
    pass


def no_intent_tag(sandbox):
    sandbox.edit("set_quirks", quirks={"forgotten_tags": True})


def no_rollback(sandbox):
    sandbox.edit("set_quirks", quirks={"undying_keys": True})


def no_verification(sandbox):
    """New keys never work, and the proof says that they do."""
    sandbox.edit("set_propagation", duration="3650d")
    sandbox.edit("set_quirks", quirks={"premature_sts": True})


BY_NAME = {
    "no-intent-tag": no_intent_tag,
    "no-rollback": no_rollback,
    "no-verification": no_verification,
}
