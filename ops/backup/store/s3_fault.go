package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"

	"dbbot/ops"

	"github.com/minio/minio-go/v7"
)

// rights that an act needs, in Amazon's words.
var rights = map[string]string{
	"read": "s3:GetObject", "write": "s3:PutObject", "list": "s3:ListBucket", "delete": "s3:DeleteObject",
	"sweep": "s3:ListBucketMultipartUploads and s3:AbortMultipartUpload",
}

// fault says in plain words why a store did not do something. Its own words stay in the cause: they may name keys.
func (b bucket) fault(ctx context.Context, act string, err error) error {
	if err == nil {
		return nil
	}
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	answer, _ := errors.AsType[minio.ErrorResponse](err)
	said := func(message, hint string) error { return &ops.Error{Message: message, Hint: hint, Cause: err} }
	switch answer.Code {
	case minio.NoSuchBucket:
		return said("There is no bucket "+b.name+" at "+b.host+".", "Make it there, or correct the store's URL.")
	case minio.InvalidAccessKeyID:
		return said(b.host+" does not know the access key.", "Look at AWS_ACCESS_KEY_ID, and whether it is a key for this server.")
	case minio.SignatureDoesNotMatch:
		return said(b.host+" does not accept the secret key.", "Look at AWS_SECRET_ACCESS_KEY: it must belong to the access key.")
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		return said("The credentials for "+b.host+" have expired.", "Renew them; where AWS_SESSION_TOKEN is set, it is good for some hours only.")
	case minio.RequestTimeTooSkewed:
		return said("The clock of this machine and that of "+b.host+" differ too much.", "Set this machine's clock, best by NTP.")
	case "PermanentRedirect", "AuthorizationHeaderMalformed", minio.InvalidRegion, "IllegalLocationConstraintException":
		return said("The bucket "+b.name+" is in another region.", "Write ?region="+cmp.Or(ops.Printable(answer.Region, maxSaid), "…")+" into the store's URL.")
	case minio.EntityTooLarge:
		return said("More came than was estimated: the store takes no more than 10,000 parts of a file.", "Try again: the next estimate is larger.")
	case "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "XMinioAdminBucketQuotaExceeded":
		return said("The bucket "+b.name+" at "+b.host+" is full.", "Make room there, or name another store.")
	case "SlowDown", "SlowDownWrite", "SlowDownRead", "ServiceUnavailable", minio.InternalError:
		return said(b.host+" is overloaded, or does not work.", "Try again later.")
	}
	if answer.Code == minio.AccessDenied || answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized {
		return b.denied(act, err)
	}
	if unreachable := b.unreachable(err); unreachable != nil {
		return unreachable
	}
	return err
}

// denied tells a missing right from missing credentials.
func (b bucket) denied(act string, err error) error {
	if creds, asked := b.client.GetCreds(); asked == nil && creds.SignerType.IsAnonymous() {
		return &ops.Error{
			Message: "There are no credentials for " + b.host + ".",
			Hint:    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where Amazon gives a role.", Cause: err,
		}
	}
	return &ops.Error{Message: "The key may not " + act + " in " + b.at + ".", Hint: "Give it " + rights[act] + ".", Cause: err}
}

// unreachable says why there was no answer at all; nil where there was.
func (b bucket) unreachable(err error) error {
	said := func(message, hint string) error { return &ops.Error{Message: message, Hint: hint, Cause: err} }
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || isUnknownAuthority(err) {
		return said("The certificate of "+b.host+" is not trusted here.", "Name a file with its authority in SSL_CERT_FILE.")
	}
	if none, ok := errors.AsType[*net.DNSError](err); ok && none.IsNotFound {
		return said("There is no server of the name "+b.host+".", "Correct the endpoint in the store's URL.")
	}
	if sent, ok := errors.AsType[*url.Error](err); ok {
		if sent.Timeout() {
			return said(b.host+" does not answer.", "Try again; look whether this machine may reach it.")
		}
		return said(b.host+" cannot be reached.", "Look at the endpoint in the store's URL, and whether this machine may reach it.")
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return said("The connection to "+b.host+" broke.", "Try again.")
	}
	return nil
}

func isUnknownAuthority(err error) bool {
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}
