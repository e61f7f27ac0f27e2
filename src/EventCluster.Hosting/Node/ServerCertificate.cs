using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Node;

/// <summary>Reads the certificate of <c>https://</c> addresses.</summary>
internal static class ServerCertificate
{
    /// <summary>The certificate with its private key.</summary>
    /// <exception cref="IOException">It cannot be used; the message says which file and why.</exception>
    public static X509Certificate2 Load(TlsSection tls)
    {
        try
        {
            var certificate = IsPkcs12(tls.CertificatePath)
                ? X509CertificateLoader.LoadPkcs12FromFile(tls.CertificatePath, tls.Password)
                : LoadPem(tls);
            return certificate.HasPrivateKey
                ? certificate
                : throw new IOException($"The certificate '{tls.CertificatePath}' comes without a private key.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new IOException($"The certificate '{tls.CertificatePath}' cannot be used: {e.Message}", e);
        }
    }

    private static X509Certificate2 LoadPem(TlsSection tls)
    {
        var keyPath = tls.KeyPath.Length > 0 ? tls.KeyPath : null;
        return tls.Password.Length > 0
            ? X509Certificate2.CreateFromEncryptedPemFile(tls.CertificatePath, tls.Password, keyPath)
            : X509Certificate2.CreateFromPemFile(tls.CertificatePath, keyPath);
    }

    private static bool IsPkcs12(string path) =>
        path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase);
}
