using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Node;

/// <summary>The certificate of <c>https://</c> addresses, with those that lead from it to its authority.</summary>
/// <param name="Leaf">The server's own, with its private key.</param>
/// <param name="Chain">What else the file holds: clients get it with the leaf, since they may know the authority only.</param>
internal sealed record ServerCertificate(X509Certificate2 Leaf, X509Certificate2Collection Chain)
{
    /// <summary>Most bytes of a certificate's or key's file; a chain of a hundred certificates is smaller.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">It cannot be used; the message says which file and why.</exception>
    public static ServerCertificate Load(TlsSection tls) => Parse(tls, Read(tls));

    /// <summary>The files' bytes, certificate and key after each other.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static byte[][] Read(TlsSection tls)
    {
        try
        {
            return tls.KeyPath.Length > 0 ? [ReadFile(tls.CertificatePath), ReadFile(tls.KeyPath)] : [ReadFile(tls.CertificatePath)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unusable(tls, e);
        }
    }

    /// <summary>Makes a certificate of the files' bytes.</summary>
    /// <exception cref="IOException">It cannot be used; the message says which file and why.</exception>
    public static ServerCertificate Parse(TlsSection tls, byte[][] files)
    {
        try
        {
            var certificate = IsPkcs12(tls.CertificatePath) ? ParsePkcs12(tls, files[0]) : ParsePem(tls, files);
            return certificate.Leaf.HasPrivateKey
                ? certificate
                : throw new IOException($"The certificate '{tls.CertificatePath}' comes without a private key.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Unusable(tls, e);
        }
    }

    private static ServerCertificate ParsePkcs12(TlsSection tls, byte[] file)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(file, tls.Password);
        var leaf = all.FirstOrDefault(static certificate => certificate.HasPrivateKey)
            ?? throw new IOException($"The certificate '{tls.CertificatePath}' comes without a private key.");
        return new ServerCertificate(leaf, Without(all, leaf));
    }

    /// <summary>The certificate that the key belongs to is the server's, wherever it stands in the file.</summary>
    private static ServerCertificate ParsePem(TlsSection tls, byte[][] files)
    {
        var key = Encoding.UTF8.GetString(files[^1]);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(Encoding.UTF8.GetString(files[0]));
        CryptographicException? first = null;
        foreach (var certificate in all)
        {
            try
            {
                var pem = certificate.ExportCertificatePem();
                var leaf = tls.Password.Length > 0
                    ? X509Certificate2.CreateFromEncryptedPem(pem, key, tls.Password)
                    : X509Certificate2.CreateFromPem(pem, key);
                return new ServerCertificate(leaf, Without(all, leaf));
            }
            catch (CryptographicException e)
            {
                first ??= e;
            }
            catch (ArgumentException e)
            {
                // The key belongs to another certificate.
                first ??= new CryptographicException(e.Message, e);
            }
        }

        throw first ?? new CryptographicException("the file holds no certificate in PEM form");
    }

    private static X509Certificate2Collection Without(X509Certificate2Collection all, X509Certificate2 leaf) =>
        [.. all.Where(certificate => !certificate.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))];

    private static byte[] ReadFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > MaxFileBytes)
        {
            throw new IOException($"'{path}' has {file.Length} bytes; certificates and keys have at most {MaxFileBytes}.");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static IOException Unusable(TlsSection tls, Exception e) =>
        new($"The certificate '{tls.CertificatePath}' cannot be used: {e.Message}", e);

    private static bool IsPkcs12(string path) =>
        path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase);
}
