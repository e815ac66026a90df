// SPDX-License-Identifier: MIT

import type { Check } from "./check.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";

/** Whether the Certificates Service gives out every preloaded certificate. */
export const CERTS_READ: Check = {
  id: "certs-read",
  description: "read all preloaded certificates from the Certificates Service",
  run: async (context) => {
    if (await context.certd() === undefined || !await context.isRunning("certd")) return SKIPPED;
    const remarks: Remark[] = [];
    for (const [id, looked] of await context.certificates()) {
      if ("value" in looked) continue;
      const line = `could not load cert with ID "${id}"`;
      remarks.push({ kind: "error", line, cause: looked.error });
    }
    return together(remarks, "See what `aziot system logs` has of aziot-certd.");
  },
};
