// SPDX-License-Identifier: MIT

/** PEM texts for the tests of this folder: throw-away, the key exists nowhere. */

/** A certificate as the existing product wrote them: serial number 0. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBYzCCAQigAwIBAgIBADAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVwcmVzczAe
Fw0yNjExMjUxMTM2MjVaFw0yNjExMjYxMTM2MjVaMBAxDjAMBgNVBAMMBXByZXNz
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnvop6ZYJEvdW+ug4k3OZduwgtuXx
AXl0ApO937TUUX4ws35P57m84wnzUbWCKCvRSsQwwGogA5OWbz8L7wtOFqNTMFEw
HQYDVR0OBBYEFCFCk3PG/gYVhLi7MUJr/DdiFDVcMB8GA1UdIwQYMBaAFCFCk3PG
/gYVhLi7MUJr/DdiFDVcMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAw
RgIhANU+IQj9ufM8/NmHS3iuSyB6LxmNrH6EpL4eTPpZKon5AiEAgXvCLrgilu1v
O2uIjuRstCFCcCKY4l2wjtTNHxi87bo=
-----END CERTIFICATE-----
`;

/** A certificate request with the same key. */
export const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHLMHICAQAwEDEOMAwGA1UEAwwFcHJlc3MwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAASe+inplgkS91b66DiTc5l27CC25fEBeXQCk73ftNRRfjCzfk/nubzjCfNR
tYIoK9FKxDDAaiADk5ZvPwvvC04WoAAwCgYIKoZIzj0EAwIDSQAwRgIhANRpYBeT
jkdoH9AiyY1IqONiKlLSpG2mBLELSYxabpy/AiEA+sQ6JHCGozUgI1lX02/fkwT/
WzlvAeGbiaIklBc+sp0=
-----END CERTIFICATE REQUEST-----
`;
