import gc

from fastapi import FastAPI

from services.gateway.server import GatewayServer


async def test_young_objects_do_not_gather_until_they_are_many() -> None:
    server = GatewayServer(FastAPI())
    gc.disable()
    try:
        held = [[number] for number in range(1_000)]
        await server.on_tick(2)
        assert len(gc.get_objects(generation=0)) >= len(held)
        await server.on_tick(3)
        assert len(gc.get_objects(generation=0)) < 100
    finally:
        gc.enable()
