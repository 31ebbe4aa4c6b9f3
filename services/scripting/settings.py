"""Settings of the scripting stage, read once at the edge."""

from enum import StrEnum
from typing import Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.outbound.settings import OutboundSettings


class AiEnvironment(StrEnum):
    """Who writes scripts: the offline extractive writer, or a language model."""

    MOCK = "mock"
    REAL = "real"


class ScriptingSettings(BaseSettings):
    """Which writer, and where its language model is."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    ai_env: AiEnvironment = Field(default=AiEnvironment.MOCK, validation_alias="AI_ENV")
    """Who writes scripts: `mock`, the offline extractive writer, or `real`, the model at `LLM_BASE_URL`."""

    llm_base_url: AnyHttpUrl | None = Field(default=None, validation_alias="LLM_BASE_URL")
    """An OpenAI-compatible server, with its `/v1`; needed with `AI_ENV=real`. It is sent the source texts."""

    llm_model_name: str = Field(
        default="meta-llama/Meta-Llama-3-8B-Instruct", min_length=1, validation_alias="LLM_MODEL_NAME"
    )
    """The model's name, as that server knows it. A small one writes scripts that are refused and asked for
    again."""

    llm_api_key: SecretStr | None = Field(default=None, validation_alias="LLM_API_KEY")
    """Shown to that server, if it wants one."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    @model_validator(mode="after")
    def _real_has_an_address(self) -> Self:
        if self.ai_env is AiEnvironment.REAL and self.llm_base_url is None:
            raise ValueError("AI_ENV=real needs LLM_BASE_URL, the address of an OpenAI-compatible server")
        return self
