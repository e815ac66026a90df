// SPDX-License-Identifier: MIT

/**
 * Checks who imports whom against `import_rules.json`, and that no import closes a cycle. Product
 * code imports only at the top of a file with a literal specifier, or lazily with one: a computed
 * specifier could load any file, whatever the read permission says.
 */

import * as v from "valibot";
import rules from "./import_rules.json" with { type: "json" };

const layerSchema = v.strictObject({
  name: v.string(),
  files: v.array(v.string()),
  imports: v.array(v.string()),
  /** Files with another value of the pattern's `{…}` are not to be imported. */
  private: v.optional(v.boolean()),
  /** Of a private layer: the layers that may import it all the same. */
  openTo: v.optional(v.array(v.string())),
});
const rulesSchema = v.strictObject({ comment: v.string(), layers: v.array(layerSchema) });

type Layer = v.InferOutput<typeof layerSchema>;

/** A source file of the repository by path, with its text. */
export type Sources = ReadonlyMap<string, string>;

/** What is wrong, one sentence each, naming the arrow that breaks a rule. */
export function checkImports(sources: Sources): string[] {
  const { layers } = v.parse(rulesSchema, rules);
  const problems: string[] = [];
  const graph = new Map<string, string[]>();

  for (const [path, text] of sources) {
    const placed = place(path, layers);
    if (!placed) {
      problems.push(`${path} belongs to no layer of scripts/import_rules.json`);
      continue;
    }
    const targets: string[] = [];
    for (const specifier of specifiers(text)) {
      if (specifier === undefined) {
        if (!["scripts", "tests"].includes(placed.layer.name)) {
          problems.push(`${path} has an import() with a computed specifier`);
        }
        continue;
      }
      if (!specifier.startsWith(".")) continue;
      const target = resolve(path, specifier);
      targets.push(target);
      const problem = arrow(path, placed, target, layers);
      if (problem) problems.push(problem);
    }
    graph.set(path, targets);
  }
  return [...problems, ...cycles(graph)];
}

function arrow(
  path: string,
  from: { layer: Layer; name: string | undefined },
  target: string,
  layers: Layer[],
): string | undefined {
  const to = place(target, layers);
  // Scripts and tests may read data that stands outside every layer, such as the lock file.
  if (!to && from.layer.imports.includes("*") && !target.endsWith(".ts")) return undefined;
  if (!to) return `${path} imports ${target}, which belongs to no layer`;
  // A test beside a source sees what its folder sees, and the fixtures of the tests.
  if (path.endsWith("_test.ts") && to.layer.name === "tests") return undefined;
  // Scripts build and start what tests use.
  if (path.endsWith("_test.ts") && to.layer.name === "scripts") return undefined;

  const allowed = to.layer.name === from.layer.name || from.layer.imports.includes("*") ||
    from.layer.imports.includes(to.layer.name) ||
    // A daemon's own client and settings are part of its folder.
    (["client", "daemon-config"].includes(from.layer.name) && to.layer.name === "daemon" &&
      from.name === to.name);
  if (!allowed) {
    return `${path} (${from.layer.name}) must not import ${target} (${to.layer.name})`;
  }
  if (to.layer.openTo?.includes(from.layer.name)) return undefined;
  if (to.layer.private && from.name !== to.name && !from.layer.imports.includes("*")) {
    return `${path} must not import ${target}: of another daemon only client.ts may be imported`;
  }
  if (to.layer.private && ["scripts", "tests"].includes(from.layer.name)) {
    return `${path} must not import ${target}: outside its folder a daemon is known by client.ts`;
  }
  return undefined;
}

function place(
  path: string,
  layers: Layer[],
): { layer: Layer; name: string | undefined } | undefined {
  for (const layer of layers) {
    for (const pattern of layer.files) {
      const match = toRegExp(pattern).exec(path);
      if (match) return { layer, name: match.groups?.["name"] };
    }
  }
  return undefined;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\*\*|\*|\{\w+\}|[.]/g, (token) => {
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === ".") return "\\.";
    return "(?<name>[^/]+)";
  });
  return new RegExp(`^${source}$`);
}

/** Every imported specifier; `undefined` for a computed one. Types count: they are knowledge too. */
function specifiers(text: string): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  for (const match of code.matchAll(/^\s*(?:import|export)\b[^;"'`]*?from\s*["']([^"']+)["']/gm)) {
    found.push(match[1]);
  }
  for (const match of code.matchAll(/^\s*import\s*["']([^"']+)["']/gm)) found.push(match[1]);
  for (const match of code.matchAll(/(?<![.\w]|async )import\(\s*(["'][^"']+["'])?/g)) {
    found.push(match[1]?.slice(1, -1));
  }
  return found;
}

function resolve(path: string, specifier: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function cycles(graph: ReadonlyMap<string, string[]>): string[] {
  const done = new Set<string>();
  const trail: string[] = [];
  const problems: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      problems.push(`import cycle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return problems;
}
