using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// A publisher's certificate, key and authorities in PEM files, read again at a handshake after they changed. Files that
/// cannot be used, half written ones for example, leave the ones before in use.
/// </summary>
internal sealed class PemFiles
{
    private readonly (string Certificate, string Key, string Authorities) _paths;
    private readonly Lock _gate = new();
    private DateTime[] _seen;
    private SslStreamCertificateContext _certificate;
    private X509Certificate2Collection _authorities;

    public PemFiles(string certificate, string key, string authorities)
    {
        _paths = (certificate, key, authorities);
        _seen = Stamps();
        (_certificate, _authorities) = Load();
    }

    public SslStreamCertificateContext Certificate => Look().Certificate;

    public X509Certificate2Collection Authorities => Look().Authorities;

    private (SslStreamCertificateContext Certificate, X509Certificate2Collection Authorities) Look()
    {
        lock (_gate)
        {
            try
            {
                var stamps = Stamps();
                if (!stamps.AsSpan().SequenceEqual(_seen))
                {
                    (_certificate, _authorities) = Load();
                    _seen = stamps;
                }
            }
            catch (IOException)
            {
                // The next handshake looks again.
            }

            return (_certificate, _authorities);
        }
    }

    private DateTime[] Stamps() =>
        [File.GetLastWriteTimeUtc(_paths.Certificate), File.GetLastWriteTimeUtc(_paths.Key), File.GetLastWriteTimeUtc(_paths.Authorities)];

    private (SslStreamCertificateContext Certificate, X509Certificate2Collection Authorities) Load()
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(_paths.Certificate);
            var leaf = X509Certificate2.CreateFromPemFile(_paths.Certificate, _paths.Key);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(_paths.Authorities);
            return (SslStreamCertificateContext.Create(leaf, all, offline: true), authorities);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or UnauthorizedAccessException)
        {
            throw new IOException($"The certificate '{_paths.Certificate}' or its authorities '{_paths.Authorities}' cannot be used: {e.Message}", e);
        }
    }
}
