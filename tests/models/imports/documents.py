"""Documents as vendors publish them, with all that a card has no use for."""

from __future__ import annotations

import json
from typing import Any

OPENAPI_30 = """\
openapi: 3.0.1
info:
  title: Veo 3.1 text to video
  description: Google's cinematic model.
  version: 1.0.0
servers:
  - url: https://api.modellix.ai/api/v1/google
    description: Production, see the status page for outages
security:
  - bearerAuth: []
paths:
  /veo-3.1-t2v/async:
    post:
      tags: [Video]
      summary: Veo 3.1 text to video
      operationId: veo_3_1_t2v
      parameters:
        - {$ref: "#/components/parameters/Webhook"}
        - {name: Authorization, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/VeoRequest"}
            examples:
              short: {summary: A short one, value: {prompt: A cat, durationSeconds: 4}}
      responses:
        200: {description: The task, content: {application/json: {schema: {type: object}}}}
        429: {description: Too many requests}
      callbacks:
        done: {"{$request.header.X-Webhook-URL}": {post: {responses: {200: {description: OK}}}}}
components:
  securitySchemes: {bearerAuth: {type: http, scheme: bearer}}
  parameters:
    Webhook: {name: X-Webhook-URL, in: header, schema: {type: string, format: uri}}
  schemas:
    Ratio: {type: string, enum: [16:9, 9:16], description: Width to height}
    VeoRequest:
      type: object
      required: [prompt]
      properties:
        prompt: {type: string, minLength: 1, description: What is seen, example: A cat}
        negativePrompt: {type: string, nullable: true}
        aspectRatio:
          allOf: [{$ref: "#/components/schemas/Ratio"}]
          default: 16:9
        durationSeconds: {type: string, enum: [4, 6, 8], example: 8}
        resolution: {type: string, enum: [720p, 1080p, 4k], default: 720p, x-order: 4}
        personGeneration: {type: string, enum: [allow_all]}
        request_id: {type: string, readOnly: true}
      allOf:
        - if: {properties: {resolution: {enum: [1080p, 4k]}}, required: [resolution]}
          then: {properties: {durationSeconds: {const: "8"}}}
"""
"""A whole document of OpenAPI 3.0, whose unquoted ratios are text, as YAML 1.2 has it."""

SCHEMA_REPLY: dict[str, Any] = {
    "servers": [{"url": "https://api.modellix.ai/api/v1/bytedance/seedance-1.5-pro-t2v/async"}],
    "post": {
        "operationId": "seedance_1_5_pro_t2v",
        "description": "Seedance 1.5 Pro\n\nMakes videos with sound.",
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "title": "Seedance",
                        "required": ["prompt"],
                        "properties": {
                            "prompt": {"type": "string", "minLength": 1, "maxLength": 10000},
                            "ratio": {
                                "type": "string",
                                "enum": ["16:9", "9:16", "adaptive"],
                                "default": "adaptive",
                            },
                            "resolution": {
                                "type": "string",
                                "enum": ["480p", "720p", "1080p"],
                                "default": "720p",
                            },
                            "duration": {
                                "anyOf": [
                                    {"type": "integer", "minimum": 4, "maximum": 12},
                                    {"type": "null"},
                                ],
                                "default": 5,
                            },
                            "seed": {
                                "type": "integer",
                                "minimum": -1,
                                "maximum": 2147483647,
                                "default": -1,
                            },
                            "generate_audio": {"type": "boolean", "default": True},
                        },
                    },
                    "examples": {"odd": {"value": {"prompt": "x", "duration": -1}}},
                }
            }
        },
        "responses": {"200": {"description": "OK"}, "400": {"description": "Refused"}},
    },
}
"""A reply of api_schema, whose own example its limits refuse."""

_BLOCK = """\
openapi: 3.1.0
info: {title: Wan 2.6, version: "1"}
servers: [{url: "https://api.modellix.ai/api/v1"}]
paths:
  /alibaba/wan2.6-t2v:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [prompt]
              properties:
                prompt: {type: string, minLength: 1, maxLength: 1500}
                size:
                  type: string
                  enum: ["1280*720", "720*1280", "960*960", "1088*832", "832*1088", "1920*1080",
                    "1080*1920", "1440*1440", "1632*1248", "1248*1632"]
                  default: "1920*1080"
                duration: {type: integer, minimum: 2, maximum: 15}
                seed: {type: [integer, "null"], minimum: 0, maximum: 2147483647}
"""

MARKDOWN_PAGE = f"""\
---
openapi: post /alibaba/wan2.6-t2v
---
# Wan 2.6 T2V

> An older model, kept for what was made with it.

```bash
curl https://api.modellix.ai/api/v1/alibaba/wan2.6-t2v -H 'Authorization: Bearer KEY'
```

<Tabs>
  <Tab title="Schema">
    ````yaml alibaba/wan-2-6-t2v.json POST /alibaba/wan2.6-t2v
{"".join(f"    {line}" for line in _BLOCK.splitlines(keepends=True))}    ````
  </Tab>
</Tabs>

```json
{{"code": 0, "data": {{"task_id": "task-abc123"}}}}
```
"""
"""A page of MDX: front matter, samples in other fences, the document deep within components."""

_MARKED = _BLOCK.replace('"', "&quot;").replace("size:", "<b>size</b>:")

HTML_PAGE = f"""\
<!doctype html><html><head><title>Wan 2.6</title><script>var openapi = 1;</script></head>
<body><h1>Wan 2.6</h1><pre class="bash">curl https://api.modellix.ai</pre>
<pre><code class="language-yaml">{_MARKED}</code></pre>
</body></html>
"""
"""The same as HTML."""

TWO_WAYS = """\
openapi: 3.1.0
servers: [{url: "https://api.modellix.ai/api/v1/alibaba"}]
paths:
  /wan2.7-i2v:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                prompt: {type: string, maxLength: 5000}
                duration: {type: integer, minimum: 2, maximum: 15}
              not: {required: [prompt, driving_audio]}
              dependentRequired: {driving_audio: [duration]}
              oneOf:
                - title: First frame
                  type: object
                  additionalProperties: false
                  required: [first_frame]
                  properties:
                    first_frame: {type: string}
                    last_frame: {type: string}
                    driving_audio: {type: string}
                - title: Continuation
                  type: object
                  additionalProperties: false
                  required: [first_clip]
                  properties:
                    first_clip: {type: string}
                    last_frame: {type: string}
                    duration: {type: integer, minimum: 2, maximum: 10}
"""
"""A request that is filled in one of two ways, with rules across its fields."""


def document(
    properties: dict[str, Any], server: str = "https://api.modellix.ai/api/v1", **schema: Any
) -> str:
    """A small document of a made-up model with these fields."""
    body = {"type": "object", "properties": properties, **schema}
    content = {"application/json": {"schema": body}}
    return json.dumps(
        {
            "openapi": "3.1.0",
            "servers": [{"url": server}],
            "paths": {"/made/up-t2v": {"post": {"requestBody": {"content": content}}}},
        }
    )
