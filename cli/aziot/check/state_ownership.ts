// SPDX-License-Identifier: MIT

import { misplaced } from "../apply/ownership.ts";
import { serviceUsers } from "../apply/service_users.ts";
import { placeOf } from "../place.ts";
import type { Check } from "./check.ts";
import { type Remark, together } from "./outcome.ts";

/** A tree that was restored as a whole belongs to others as a whole. */
const MOST = 10;

/** Whether the daemons' files are theirs. */
export const STATE_OWNERSHIP: Check = {
  id: "state-ownership",
  description: "state of the daemons belongs to their users",
  run: async ({ machine }) => {
    const place = placeOf({}, machine);
    const found = await misplaced(await serviceUsers(place), place);
    const remarks = found.slice(0, MOST).map(({ path, uid, gid, user }): Remark => ({
      kind: "error",
      line: `${path} belongs to ${uid}:${gid}, and ${user.name} is ${user.uid}:${user.gid}`,
    }));
    if (found.length > MOST) {
      remarks.push({ kind: "error", line: `... and ${found.length - MOST} more` });
    }
    return together(remarks, "Run `aziot config apply`, which gives the daemons what is theirs.");
  },
};
