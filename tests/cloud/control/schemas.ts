// SPDX-License-Identifier: MIT

/** The bodies that the control API takes. A member that is not listed is an error. */

import * as v from "valibot";

const optional = v.exactOptional;
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Port = v.pipe(Count, v.maxValue(65535));
const Status = v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599));
const Seconds = v.pipe(v.number(), v.minValue(-1e9), v.maxValue(1e9));
const Duration = v.pipe(v.number(), v.minValue(0), v.maxValue(3600));
const HeaderName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/, "Invalid header name"));
const HeaderValue = v.pipe(v.string(), v.regex(/^[\t\x20-\x7e]*$/, "Invalid header value"));
const HostName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/,
    "Invalid host name: expected lower-case letters, digits, - and .",
  ),
);

const SasAuth = v.strictObject({
  sas: v.strictObject({
    primaryKey: optional(v.string()),
    secondaryKey: optional(v.string()),
  }),
});
const ThumbprintAuth = v.strictObject({ thumbprints: v.array(v.string()) });
const CaAuth = v.strictObject({ ca: v.string() });
const NoAuth = v.strictObject({ none: v.strictObject({}) });

/** `PUT /hubs/H` */
export const HubBody = v.strictObject({
  name: optional(HostName),
  port: optional(Port),
  strict: optional(v.boolean()),
  maxModules: optional(Count),
  listening: optional(v.boolean()),
});

/** `PUT /hubs/H/devices/D` */
export const DeviceBody = v.strictObject({
  auth: optional(v.union(
    [SasAuth, ThumbprintAuth, CaAuth],
    'Invalid auth: expected {"sas":{}}, {"thumbprints":["…"]} or {"ca":"PEM"}',
  )),
  status: optional(v.picklist(["enabled", "disabled"])),
});

/** `POST /hubs/H/devices/D/move` */
export const MoveBody = v.strictObject({
  hub: v.string(),
  modules: optional(v.boolean()),
});

const Members = v.record(v.string(), v.unknown());
const Names = v.array(v.string());

/** `PUT /hubs/H/devices/D/modules/M` */
export const ModuleBody = v.strictObject({
  auth: optional(v.union(
    [SasAuth, ThumbprintAuth, NoAuth],
    'Invalid auth: expected {"sas":{}}, {"thumbprints":["…"]} or {"none":{}}',
  )),
  managedBy: optional(v.nullable(v.string())),
  generationId: optional(v.string()),
  set: optional(Members),
  omit: optional(Names),
});

const TlsVersion = v.picklist(["1.2", "1.3"]);

/** `POST /listeners` */
export const ListenerBody = v.strictObject({
  surface: v.literal("hub"),
  hub: optional(v.string()),
  tls: optional(v.strictObject({
    certificate: optional(v.picklist([
      "good",
      "expired",
      "not-yet-valid",
      "wrong-name",
      "cn-only",
      "unknown-ca",
    ])),
    minVersion: optional(TlsVersion),
    maxVersion: optional(TlsVersion),
    handshake: optional(v.picklist(["hang", "close"])),
    clientCertificate: optional(v.picklist(["none", "request", "require"])),
    clientCa: optional(v.string()),
  })),
});

/** `POST /faults` */
export const FaultBody = v.strictObject({
  match: optional(v.strictObject({
    surface: optional(v.literal("hub")),
    instance: optional(v.string()),
    method: optional(v.string()),
    path: optional(v.string()),
    device: optional(v.string()),
  })),
  count: optional(v.pipe(Count, v.minValue(1))),
  skip: optional(Count),
  probability: optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  fault: v.variant("kind", [
    v.strictObject({
      kind: v.literal("status"),
      status: Status,
      body: optional(v.unknown()),
      contentType: optional(v.nullable(HeaderValue)),
      networkError: optional(v.boolean()),
      headers: optional(v.record(HeaderName, HeaderValue)),
      perform: optional(v.boolean()),
    }),
    v.strictObject({
      kind: v.literal("throttle"),
      retryAfter: optional(v.union([Seconds, HeaderValue])),
      asDate: optional(v.boolean()),
    }),
    v.strictObject({
      kind: v.literal("delay"),
      seconds: Duration,
      where: optional(v.picklist(["head", "body"])),
    }),
    v.strictObject({
      kind: v.literal("drop"),
      when: v.picklist(["before-answer", "half-body", "never"]),
      perform: optional(v.boolean()),
    }),
    v.strictObject({
      kind: v.literal("rewrite"),
      set: optional(Members),
      omit: optional(Names),
    }),
  ]),
});

/** `POST /clock` */
export const ClockBody = v.strictObject({
  offsetSeconds: optional(Seconds),
  dateSkewSeconds: optional(Seconds),
});
