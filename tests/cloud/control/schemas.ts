// SPDX-License-Identifier: MIT

/** The bodies that the control API takes. A member that is not listed is an error. */

import * as v from "valibot";

const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));
const HostName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/,
    "Invalid host name: lower-case letters, digits, - and .",
  ),
);

/** `PUT /hubs/H` */
export const HubBody = v.strictObject({
  name: v.exactOptional(HostName),
  port: v.exactOptional(Port),
  strict: v.exactOptional(v.boolean()),
  maxModules: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  listening: v.exactOptional(v.boolean()),
});

/** `PUT /hubs/H/devices/D` */
export const DeviceBody = v.strictObject({
  auth: v.exactOptional(v.union([
    v.strictObject({
      sas: v.strictObject({
        primaryKey: v.exactOptional(v.string()),
        secondaryKey: v.exactOptional(v.string()),
      }),
    }),
    v.strictObject({ thumbprints: v.array(v.string()) }),
    v.strictObject({ ca: v.string() }),
  ], 'Invalid auth: expected {"sas":{}}, {"thumbprints":["…"]} or {"ca":"PEM"}')),
  status: v.exactOptional(v.picklist(["enabled", "disabled"])),
});

/** `POST /clock` */
export const ClockBody = v.strictObject({
  offsetSeconds: v.exactOptional(v.pipe(v.number(), v.finite())),
  dateSkewSeconds: v.exactOptional(v.pipe(v.number(), v.finite())),
});
