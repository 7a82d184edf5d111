// Answers questions about a JSON document with VS Code's own JSON service, one a line on stdin.
const { readFileSync } = require("fs");
const readline = require("readline");
const { getLanguageService, TextDocument } = require("vscode-json-languageservice");

const service = getLanguageService({
  schemaRequestService: async (uri) => readFileSync(new URL(uri), "utf8"),
});
service.configure({ validate: true });

async function answer({ question, text, offset }) {
  const document = TextDocument.create("file:///film.json", "json", 1, text);
  const parsed = service.parseJSONDocument(document);
  const position = document.positionAt(offset);
  if (question === "complete") {
    return (await service.doComplete(document, position, parsed)).items.map((item) => item.label);
  }
  if (question === "hover") {
    return [(await service.doHover(document, position, parsed)).contents].flat().join("\n\n");
  }
  return (await service.doValidation(document, parsed)).map((problem) => problem.message);
}

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
});
