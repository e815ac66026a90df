// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type Activation, openListeners, takeActivation, type Wanted } from "./listeners.ts";

const NONE: Activation = { count: 0, names: undefined };
const PID = 77;

const taken = (variables: Record<string, string>) => takeActivation((name) => variables[name], PID);

/** Opens one listener; what would be bound is noted instead. */
function open(wanted: Wanted, activation: Activation) {
  const bound: { path: string; mode: number }[] = [];
  const [listener] = openListeners({
    program: "aziot-keyd",
    sockets: [wanted],
    activation,
    sys: {
      unixListen: (path, mode) => {
        bound.push({ path, mode });
        return 40;
      },
    },
  });
  return { descriptor: listener?.descriptor, name: listener?.name, bound };
}

const PATH = { endpoint: "unix:///run/aziot/keyd.sock" };

Deno.test("sockets are passed only to the process that LISTEN_PID names", () => {
  const rows: [variables: Record<string, string>, count: number][] = [
    [{}, 0],
    [{ LISTEN_FDS: "1" }, 0],
    [{ LISTEN_PID: "77" }, 0],
    [{ LISTEN_PID: "78", LISTEN_FDS: "1" }, 0],
    [{ LISTEN_PID: "78", LISTEN_FDS: "x" }, 0],
    [{ LISTEN_PID: "77", LISTEN_FDS: "0" }, 0],
    [{ LISTEN_PID: "77", LISTEN_FDS: "-3" }, 0],
    [{ LISTEN_PID: "77", LISTEN_FDS: "1" }, 1],
    [{ LISTEN_PID: "77", LISTEN_FDS: "2" }, 2],
  ];
  for (const [variables, count] of rows) {
    assert.equal(taken(variables).count, count, JSON.stringify(variables));
  }
});

Deno.test("a variable that is no number stops the start and is named", () => {
  for (const pid of ["x", "", "-1", "7 7"]) {
    assert.throws(
      () => taken({ LISTEN_PID: pid, LISTEN_FDS: "1" }),
      /^Error: could not read LISTEN_PID env var: invalid digit found in string$/,
    );
  }
  assert.throws(
    () => taken({ LISTEN_PID: "77", LISTEN_FDS: "x" }),
    /could not read LISTEN_FDS env var/,
  );
});

Deno.test("the variables are gone after they were read, whether they were ours or not", () => {
  const names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
  for (const pid of [Deno.pid, 1]) {
    for (const name of names) Deno.env.set(name, name === "LISTEN_PID" ? `${pid}` : "1");
    assert.equal(takeActivation().count, pid === Deno.pid ? 1 : 0);
    for (const name of names) assert.equal(Deno.env.get(name), undefined, name);
  }
});

Deno.test("a passed socket wins over the path; of several the one of the wanted name", () => {
  const two: Activation = { count: 2, names: ["mgmt", "workload"] };
  const rows: [wanted: Wanted, activation: Activation, descriptor: number][] = [
    [PATH, { count: 1, names: undefined }, 3],
    [PATH, { count: 1, names: ["whatever"] }, 3],
    [{ ...PATH, fdName: "workload" }, { count: 1, names: ["whatever"] }, 3],
    [{ ...PATH, fdName: "workload" }, two, 4],
    [{ ...PATH, fdName: "mgmt" }, two, 3],
    // Nothing is wanted by name, or nothing has one: the path is bound.
    [PATH, two, 40],
    [{ ...PATH, fdName: "mgmt" }, { count: 2, names: undefined }, 40],
    [PATH, NONE, 40],
    [{ endpoint: "fd://5" }, NONE, 5],
    [{ endpoint: "fd://workload" }, two, 4],
  ];
  for (const [wanted, activation, descriptor] of rows) {
    const listener = open(wanted, activation);
    assert.equal(listener.descriptor, descriptor, JSON.stringify([wanted, activation]));
    assert.equal(listener.bound.length, descriptor === 40 ? 1 : 0);
  }
});

Deno.test("a path is bound with its mode, 0660 unless another is wanted", () => {
  assert.deepEqual(open(PATH, NONE).bound, [{ path: "/run/aziot/keyd.sock", mode: 0o660 }]);
  const { bound } = open({ endpoint: "unix:///a%20b.sock", mode: 0o666 }, NONE);
  assert.deepEqual(bound, [{ path: "/a b.sock", mode: 0o666 }]);
});

Deno.test("an endpoint that cannot be served is refused by name", () => {
  const rows: [wanted: Wanted, activation: Activation, message: RegExp][] = [
    [{ endpoint: "http://localhost:80" }, NONE, /cannot listen on "http:\/\/localhost:80"/],
    [{ endpoint: "unix://relative" }, NONE, /cannot listen on "unix:\/\/relative"/],
    [{ endpoint: "unix:///%ff" }, NONE, /cannot listen on "unix:\/\/\/%ff"/],
    [{ endpoint: "/run/x.sock" }, NONE, /cannot listen on/],
    [{ endpoint: "fd://mgmt" }, NONE, /fd:\/\/mgmt: no socket of this name/],
    [{ ...PATH, fdName: "x" }, { count: 2, names: ["a", "b"] }, /no socket named "x"/],
    [{ ...PATH, fdName: "a" }, { count: 2, names: ["a"] }, /1 names for 2 sockets/],
  ];
  for (const [wanted, activation, message] of rows) {
    assert.throws(() => open(wanted, activation), message);
  }
});

Deno.test("what the system refuses is told with the path", () => {
  const sys = {
    unixListen: () => {
      throw new Error("cannot listen on /x: Socket operation on non-socket");
    },
  };
  assert.throws(
    () =>
      openListeners({
        program: "aziot-keyd",
        sockets: [{ endpoint: "unix:///x" }],
        sys,
        activation: NONE,
      }),
    /could not listen on \/x/,
  );
});

Deno.test({
  name: "a daemon that may serve only what is passed to it does not take the path away",
  permissions: { net: ["[fdac:5d5d::]:3"] },
  fn() {
    assert.throws(() => open(PATH, NONE), /start aziot-keyd through aziot-keyd\.socket/);
  },
});
