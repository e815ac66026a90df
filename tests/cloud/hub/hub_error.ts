// SPDX-License-Identifier: MIT

import { type Answer, json } from "../exchange.ts";

/** A request that the hub refuses; the one way in which its parts say so. */
export class HubError extends Error {
  /**
   * @param status the HTTP status
   * @param code the service's name for the error, such as `ModuleNotFound`
   * @param detail a sentence for the person who reads it
   * @param validity which check of the caller failed, for the request log only
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly validity?: string,
  ) {
    super(`${code}: ${detail}`);
    this.name = "HubError";
  }

  /** `{"Message":"ErrorCode:<code>;<detail>","ExceptionMessage":"Tracking ID:…"}` */
  answer(now: Date): Answer {
    const tracking = crypto.randomUUID().replaceAll("-", "").toUpperCase();
    return json(this.status, {
      Message: `ErrorCode:${this.code};${this.detail}`,
      ExceptionMessage: `Tracking ID:${tracking}-TimeStamp:${now.toISOString()}`,
    }, [["iothub-errorcode", this.code]]);
  }
}

/** An error of any status as the hub would word it; for ordered faults. */
export function errorOfStatus(status: number, detail: string): HubError {
  return new HubError(status, CODES[status] ?? "GenericError", detail);
}

const CODES: Record<number, string> = {
  400: "ArgumentInvalid",
  401: "IotHubUnauthorizedAccess",
  403: "DeviceDisabled",
  404: "DeviceNotFound",
  409: "ModuleAlreadyExistsOnDevice",
  412: "PreconditionFailed",
  413: "TooManyModulesOnDevice",
  429: "ThrottlingException",
  500: "ServerError",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

/** The caller's mistake in what it sent: 400. */
export function badArgument(detail: string): HubError {
  return new HubError(400, "ArgumentInvalid", detail);
}

/** The caller is not who it should be: 401. The answer does not say why, the request log does. */
export function unauthorized(validity: string): HubError {
  return new HubError(401, "IotHubUnauthorizedAccess", "Unauthorized", validity);
}
