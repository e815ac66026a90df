// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { decodeSegment, isPlainHost, targetOf } from "./target.ts";

Deno.test("a target is cut out of the URL byte for byte", () => {
  const rows: [url: string, path: string, query: string][] = [
    ["http://keyd.sock/key/a?api-version=1", "/key/a", "api-version=1"],
    ["http://[fdac:5d5d::]:3/key/a", "/key/a", ""],
    ["http:///key/a", "/key/a", ""],
    ["http://h/k/../%2e%2E//b\\c;d?", "/k/../%2e%2E//b\\c;d", ""],
    ["http://h/a?b?c=d&e", "/a", "b?c=d&e"],
    ["http://h/a#b?c", "/a", ""],
    ["http://h/a?b#c?d", "/a", "b"],
    ["http://u:p@other:99/key", "/key", ""],
    ["http://h", "", ""],
    ["http://h?api-version=1", "", "api-version=1"],
    ["http://h#f", "", ""],
    ["http://a:80", "", ""],
    ["http://h/*", "/*", ""],
    ['http://h/a"<>\\`{}é', '/a"<>\\`{}é', ""],
  ];
  for (const [url, path, query] of rows) {
    const target = targetOf(url);
    assert.deepEqual([target?.path, target?.query], [path, query], url);
  }
});

Deno.test("another scheme than http is no target of ours", () => {
  for (const url of ["https://h/a", "ftp://h/a", "http:/a", "HTTP://h/a", "", "/a"]) {
    assert.equal(targetOf(url), undefined, url);
  }
});

Deno.test("a Host that would move the path is not plain", () => {
  for (const host of ["", "keyd.sock", "localhost:80", "[::1]:3", "a_b-c%20"]) {
    assert.equal(isPlainHost(host), true, host);
  }
  for (const host of ["x/fake?", "x?", "x#", "a b", "a@b", "a\\b", "é", "a,b", "a\tb", 'a"']) {
    assert.equal(isPlainHost(host), false, host);
  }
});

Deno.test("a path segment is percent-decoded as UTF-8", () => {
  const rows: [segment: string, text: string | undefined][] = [
    ["pump-3", "pump-3"],
    ["a%2Fb", "a/b"],
    ["a%2fb%25", "a/b%"],
    ["a+b", "a+b"],
    ["%C3%A9é", "éé"],
    ["%F0%9F%98%80", "😀"],
    ["%00", "\0"],
    [".", "."],
    ["%", "%"],
    ["%4", "%4"],
    ["%zz%41", "%zzA"],
    ["%%41", "%A"],
    ["100%é", "100%é"],
    ["%EF%BB%BFx", "\ufeffx"],
    ["%ff", undefined],
    ["%C3", undefined],
    ["%C3%", undefined],
    ["%ED%A0%80", undefined],
    ["%C0%AF", undefined],
  ];
  for (const [segment, text] of rows) assert.equal(decodeSegment(segment), text, segment);
});
