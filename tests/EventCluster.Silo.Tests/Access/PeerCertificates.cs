using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EventCluster.Silo.Tests.Access;

/// <summary>An authority and the certificates that it signs, in files.</summary>
internal sealed class PeerCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-peers-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public PeerCertificates()
    {
        var request = new CertificateRequest("CN=Authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        AuthorityPath = Path.Combine(_folder.FullName, "authority.pem");
        File.WriteAllText(AuthorityPath, _root.ExportCertificatePem());
    }

    /// <summary>The authority's file.</summary>
    public string AuthorityPath { get; }

    /// <summary>Writes a new certificate with its key in one file.</summary>
    public string Write(string name) => WriteUnder(name, []);

    /// <summary>The same, with the key under a password when there is one.</summary>
    public string WriteUnder(string name, ReadOnlySpan<char> password)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var leaf = request.Create(_root, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        var path = Path.Combine(_folder.FullName, $"{name}.pem");
        var secret = password.IsEmpty
            ? key.ExportPkcs8PrivateKeyPem()
            : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        File.WriteAllText(path, $"{leaf.ExportCertificatePem()}\n{secret}\n");
        return path;
    }

    /// <summary>A file beside the certificates.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
        _folder.Delete(recursive: true);
    }
}
