"""Reads and writes JSON documents, with errors that give the line or the location."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vision.labels.errors import LabelError, Problem

MAX_PROBLEMS = 20
Document = TypeVar("Document")


class Part(BaseModel):
    """Part of another tool's document; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def read_document(path: Path, form: TypeAdapter[Document], title: str) -> Document:
    """Parse and validate a JSON file. Raises LabelError with the line, or the location of each wrong value."""
    try:
        return form.validate_python(json.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise LabelError.single(path, "there is no such file", "check the path") from None
    except UnicodeDecodeError:
        raise LabelError.single(path, "not UTF-8 text", f"name a {title} file") from None
    except json.JSONDecodeError as error:
        raise LabelError.single(
            path, f"not JSON: {error.msg}", f"name a complete {title} file", line=error.lineno
        ) from None
    except ValidationError as error:
        raise LabelError(
            Problem(path, detail["msg"], f"is this a {title} file?", place=".".join(map(str, detail["loc"])))
            for detail in error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
        ) from None


def write_document(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
