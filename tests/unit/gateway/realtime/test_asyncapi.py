"""The document describes what is said."""

from jsonschema import Draft202012Validator

from tests.unit.gateway.conftest import Harness, uploaded
from tests.unit.gateway.realtime.client import PATH, session


async def test_what_is_said_is_what_the_asyncapi_document_says(served: Harness) -> None:
    document = (await served.client.get("/asyncapi.json")).json()
    channel = document["channels"][PATH]
    names = [reference["$ref"].rpartition("/")[2] for reference in channel["messages"].values()]
    schemas = document["components"]["schemas"]
    assert set(names) <= set(schemas)
    told = document["operations"][f"send{PATH}"]["messages"]
    allowed = {
        "anyOf": [{"$ref": f"#/components/schemas/{each['$ref'].rpartition('/')[2]}"} for each in told]
    }
    validator = Draft202012Validator({**allowed, "components": document["components"]})
    job_id = await served.job("v-1")
    async with session(served) as client:
        messages = []
        await client.say(type="subscribe", job_ids=[job_id, "j-none"], video_ids=["v-none"])
        messages += [await client.hear() for _ in range(4)]
        await served.tell(uploaded(job_id, "v-1"))
        messages += [await client.hear() for _ in range(2)]
        for message in ({"type": "ping"}, {"type": "shout"}, {"type": "unsubscribe", "job_ids": [job_id]}):
            await client.say(**message)
            messages.append(await client.hear())
    for message in messages:
        validator.validate(message)
    assert not validator.is_valid({**messages[1], "job": {}})
    assert not validator.is_valid({"type": "shout"})
