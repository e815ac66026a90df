// SPDX-License-Identifier: MIT

import { estUrls } from "./est_urls.ts";
import type { Check } from "./check.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";

/** Whether all EST servers are asked over TLS. */
export const EST_SERVER_HTTPS: Check = {
  id: "est-server-https",
  description: "check all EST server URLs utilize HTTPS",
  run: async (context) => {
    const config = await context.certd();
    if (config === undefined) return SKIPPED;
    const remarks = estUrls(config).filter((url) => url.protocol !== "https:").map((
      url,
    ): Remark => ({
      kind: "warning",
      line:
        `EST server URL "${shown(url)}" is configured with unencrypted HTTP, which may expose ` +
        "device to man-in-the-middle attacks.",
    }));
    const remedy = "To clear this warning, configure HTTPS for your EST server and update the URL.";
    return together(remarks, remedy);
  },
};

function shown(url: URL): string {
  const copy = new URL(url);
  if (copy.password !== "") copy.password = "***";
  return copy.href;
}
