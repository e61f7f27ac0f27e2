using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Tests.Node;

/// <summary>A certificate of an authority that nobody knows, through one intermediate, in the files that operators have.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-tls-");
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public CertificateFiles()
    {
        var now = TimeProvider.System.GetUtcNow();
        var root = Authority("CN=Root", _rootKey);
        _root = root.CreateSelfSigned(now.AddDays(-2), now.AddDays(3));
        using var intermediate = Authority("CN=Intermediate", _intermediateKey).Create(_root, now.AddDays(-2), now.AddDays(2), [1]);
        _intermediate = intermediate.CopyWithPrivateKey(_intermediateKey);
    }

    public string Intermediate => _intermediate.Thumbprint;

    /// <summary>Writes the authority's own certificate, and answers the file.</summary>
    public string WriteAuthority(string name = "authority.pem") => Put(name, _root.ExportCertificatePem());

    /// <summary>Writes a new leaf in a form, and answers the section that names the files.</summary>
    public TlsSection Write(string form, string subject = "CN=localhost", string password = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var issued = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).Create(
            _intermediate, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var leaf = issued.CopyWithPrivateKey(key);
        var (leafText, keyText) = (leaf.ExportCertificatePem(), password.Length > 0
            ? key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000))
            : key.ExportPkcs8PrivateKeyPem());
        var (chain, root) = (_intermediate.ExportCertificatePem(), _root.ExportCertificatePem());
        switch (form)
        {
            case "leaf first, key in its file":
                return Section(Put("fullchain.pem", leafText, chain), Put("key.pem", keyText), password);
            case "leaf first, root too, key in its file":
                return Section(Put("fullchain.pem", leafText, chain, root), Put("key.pem", keyText), password);
            case "leaf last, key in its file":
                return Section(Put("fullchain.pem", root, chain, leafText), Put("key.pem", keyText), password);
            case "one file":
                return Section(Put("server.pem", leafText, chain, keyText), "", password);
            case "one file, key first":
                return Section(Put("server.pem", keyText, leafText, chain), "", password);
            case "pkcs12":
                var path = Path.Combine(_folder.FullName, "server.pfx");
                File.WriteAllBytes(path, new X509Certificate2Collection { leaf, _intermediate }.Export(X509ContentType.Pkcs12, password)!);
                return Section(path, "", password);
            default:
                throw new ArgumentOutOfRangeException(nameof(form), form, "no such form");
        }
    }

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        _rootKey.Dispose();
        _intermediateKey.Dispose();
        _folder.Delete(recursive: true);
    }

    private static TlsSection Section(string certificate, string key, string password) =>
        new() { CertificatePath = certificate, KeyPath = key, Password = password };

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private string Put(string name, params string[] parts)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, string.Join('\n', parts) + "\n");
        return path;
    }
}
