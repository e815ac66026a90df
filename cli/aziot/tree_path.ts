// SPDX-License-Identifier: MIT

/** More links than this on one way mean a circle, as for the kernel. */
const MOST_LINKS = 40;

/**
 * Where `path` of the system tree below `base` lies as seen from here: links on the way are
 * followed as that system would follow them, so that an absolute one stays in the tree and `..`
 * does not leave it. Parts that do not exist stay as they are. `path` is absolute.
 *
 * `last`: whether a link at the path itself is followed too, as for reading, or `kept`, as for
 * replacing what is there. Throws for links in a circle.
 */
export function pathInTree(base: string, path: string, last: "followed" | "kept"): string {
  const ahead = path.split("/");
  const way: string[] = [];
  let links = 0;
  while (ahead.length > 0) {
    const part = ahead.shift() ?? "";
    if (part === "" || part === ".") continue;
    if (part === "..") {
      way.pop();
      continue;
    }
    const here = [base, ...way, part].join("/");
    const isLast = ahead.every((rest) => rest === "" || rest === ".");
    const target = isLast && last === "kept" ? undefined : linkAt(here);
    if (target === undefined) {
      way.push(part);
      continue;
    }
    if (++links > MOST_LINKS) throw new Error(`the links on the way to ${base}${path} never end`);
    if (target.startsWith("/")) way.length = 0;
    ahead.unshift(...target.split("/"));
  }
  return [base, ...way].join("/");
}

/** Where the link at `path` leads; `undefined` when there is none. */
function linkAt(path: string): string | undefined {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : undefined;
  } catch {
    // Not there, or on a way that is closed to the caller: whoever opens it tells.
    return undefined;
  }
}
