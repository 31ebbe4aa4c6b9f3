// Parses AsyncAPI documents with the specification's own parser; fails if one has an error.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const ERROR = 0;

(async () => {
  for (const path of process.argv.slice(2)) {
    const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"), { source: path });
    const errors = diagnostics.filter(({ severity }) => severity === ERROR);
    for (const { code, path: place, message } of errors) console.log(`${path}: ${place.join("/")}: ${message} (${code})`);
    if (!document || errors.length) process.exitCode = 1;
    else console.log(`${path}: AsyncAPI ${document.version()}, ${document.channels().length} channels, ${document.messages().length} messages`);
  }
})();
