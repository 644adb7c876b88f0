import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import type { PostgresAddress, PostgresHost } from '../../config/connection/address.ts';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { unreadableFile } from '../../files/unreadable.ts';

/**
 * How to secure a connection to a host, as libpq does ("SSL Support" of its documentation): where there is a root
 * certificate, the server's is checked against it whatever the mode.
 * @throws FinanceDbError CONFIG, FILE_UNREADABLE, PG_CERTIFICATE naming the file
 */
export function tlsOptions(address: PostgresAddress, place: PostgresHost): tls.ConnectionOptions {
  const { sslmode, settings } = address;
  const ca = rootCertificates(address);
  if (sslmode === 'verify-full' && place.host === '')
    throw new FinanceDbError(
      'CONFIG',
      'sslmode=verify-full compares the name of the host, and only hostaddr is given',
      {
        remedy: 'give host as well: the name in the certificate',
      },
    );
  const crl = ca === null ? null : readFile(settings?.sslcrl ?? null, 'sslcrl', address, 'root.crl');
  const own = ownCertificate(address);
  const context = {
    ...(ca === null ? {} : { ca: [...ca] }),
    ...(crl === null ? {} : { crl: crl.text }),
    ...own,
    ...(settings?.tlsMinimum ? { minVersion: settings.tlsMinimum } : {}),
    ...(settings?.tlsMaximum ? { maxVersion: settings.tlsMaximum } : {}),
  };
  return {
    secureContext: secureContext(context),
    rejectUnauthorized: ca !== null,
    ...(sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function secureContext(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    throw new FinanceDbError(
      'PG_CERTIFICATE',
      `the certificate or key for the connection is no good: ${messageOf(error)}`,
      {
        remedy: 'check the files of sslcert, sslkey, sslpassword, sslrootcert and sslcrl',
        cause: error,
      },
    );
  }
}

/** The authorities to trust; null when nothing is there to check the server's certificate with, and nothing asks for it. */
function rootCertificates(address: PostgresAddress): readonly string[] | null {
  if (address.sslrootcert === 'system') return systemCertificates();
  const file = readFile(address.sslrootcert ?? null, 'sslrootcert', address, 'root.crt');
  if (file !== null) return [file.text];
  if (!address.sslmode.startsWith('verify')) return null;
  const folder = address.settings?.folder ?? '~/.postgresql';
  throw new FinanceDbError(
    'CONFIG',
    `sslmode=${address.sslmode} needs a root certificate, and there is no ${path.join(folder, 'root.crt')}`,
    {
      remedy: 'name one with sslrootcert (PGSSLROOTCERT), or trust those of the system with sslrootcert=system',
    },
  );
}

/** Where systems keep the authorities that they trust; Node's own list where there is none of these. */
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

function systemCertificates(): readonly string[] {
  const bundle = [process.env['SSL_CERT_FILE'] ?? '', ...SYSTEM_BUNDLES].find(
    (file) => file !== '' && fs.existsSync(file),
  );
  return bundle === undefined ? tls.rootCertificates : [fs.readFileSync(bundle, 'utf8')];
}

/** Our certificate and its key, should the server ask; nothing when there is none. */
function ownCertificate(address: PostgresAddress): tls.SecureContextOptions {
  const { settings } = address;
  if (settings === undefined || settings.sslcertmode === 'disable') return {};
  const cert = readFile(settings.sslcert, 'sslcert', address, 'postgresql.crt');
  if (cert === null) return {};
  const key = readFile(settings.sslkey, 'sslkey', address, 'postgresql.key');
  if (key === null)
    throw new FinanceDbError('FILE_UNREADABLE', `there is the certificate ${cert.path}, but no key for it`, {
      remedy: 'name its key with sslkey (PGSSLKEY)',
    });
  refuseOpenKey(key.path);
  return {
    cert: cert.text,
    key: key.text,
    ...(settings.sslpassword === null ? {} : { passphrase: settings.sslpassword }),
  };
}

/** As libpq: a key that others may read is refused; the group may where root owns it. */
function refuseOpenKey(file: string): void {
  if (process.platform === 'win32') return;
  const { mode, uid } = fs.statSync(file);
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return;
  throw new FinanceDbError('FILE_UNREADABLE', `the key ${file} (sslkey) may be read by others`, {
    remedy: `chmod 600 ${file}`,
  });
}

/** A file that was named, which has to be there, or else libpq's own, which need not. */
function readFile(
  named: string | null,
  parameter: string,
  address: PostgresAddress,
  usual: string,
): { readonly path: string; readonly text: string } | null {
  const folder = address.settings?.folder ?? null;
  const file = named ?? (folder === null ? null : path.join(folder, usual));
  if (file === null || (named === null && !fs.existsSync(file))) return null;
  try {
    return { path: file, text: fs.readFileSync(file, 'utf8') };
  } catch (error) {
    throw unreadableFile(`${file} (${parameter})`, error);
  }
}
