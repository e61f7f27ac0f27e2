using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EventCluster.Abstractions;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// The certificate with which this node meets the others, and the authorities whose certificates count. Both files are looked
/// at again while the node runs, as those of <c>https://</c> addresses are.
/// </summary>
public sealed partial class ClusterCertificates : IHostedService, IBackgroundPart, IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Most bytes of the authorities' file.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private readonly ServerCertificates _own;
    private readonly string _authorityPath;
    private readonly TimeProvider _time;
    private readonly ILogger<ClusterCertificates> _logger;
    private readonly Lock _gate = new();
    private X509Certificate2Collection? _authorities;
    private byte[] _seen = [];
    private long _lookedAt;

    /// <summary>Reads nothing yet.</summary>
    public ClusterCertificates(ClusterTlsSection tls, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(tls);
        _own = new ServerCertificates(tls.Files, time, loggers.CreateLogger<ServerCertificates>());
        (_authorityPath, _time) = (tls.AuthorityPath, time);
        _logger = loggers.CreateLogger<ClusterCertificates>();
    }

    /// <summary>This node's certificate for the next handshake.</summary>
    /// <exception cref="IOException">The first one cannot be used.</exception>
    public SslStreamCertificateContext Certificate => _own.Current.ServerCertificateContext!;

    /// <summary>The authorities for the next handshake.</summary>
    /// <exception cref="IOException">The first ones cannot be used.</exception>
    public X509Certificate2Collection Authorities
    {
        get
        {
            lock (_gate)
            {
                if (_authorities is null || _time.GetElapsedTime(_lookedAt) >= ServerCertificates.Interval)
                {
                    Look();
                }

                return _authorities!;
            }
        }
    }

    /// <inheritdoc />
    public string? Fault => _own.Fault;

    /// <summary>Finds out at the start what every handshake would run into.</summary>
    /// <returns>One line for the operator; null when the certificate is one that other nodes with the same authorities take.</returns>
    /// <exception cref="IOException">A file cannot be used; the message says which and why.</exception>
    public string? FindFault()
    {
        var leaf = Certificate.TargetCertificate;
        foreach (var usage in (string[])[ServerAuthentication, ClientAuthentication])
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(Authorities);
            chain.ChainPolicy.ExtraStore.AddRange(Certificate.IntermediateCertificates.ToArray());
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
            if (!chain.Build(leaf))
            {
                var why = string.Join(' ', chain.ChainStatus.Select(static status => status.StatusInformation.Trim()).Distinct());
                return $"the certificate '{leaf.Subject}' of 'EventCluster:Cluster:Tls:CertificatePath' is none that nodes with the "
                    + $"authorities of '{_authorityPath}' take as {(usage == ServerAuthentication ? "server" : "client")}: {why}";
            }
        }

        return null;
    }

    /// <summary>Reads both files again if they changed.</summary>
    public void Reload()
    {
        _own.Reload();
        lock (_gate)
        {
            Look();
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => _own.StartAsync(cancellationToken);

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => _own.StopAsync(cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _own.Dispose();

    private void Look()
    {
        try
        {
            var file = Read();
            if (_authorities is null || !file.AsSpan().SequenceEqual(_seen))
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPem(System.Text.Encoding.UTF8.GetString(file));
                _authorities = authorities.Count > 0 ? authorities : throw new CryptographicException("it holds no certificate in PEM form");
                _seen = file;
                LogAuthorities(_logger, authorities.Count, _authorityPath);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (_authorities is null)
            {
                throw new IOException($"The authorities' file '{_authorityPath}' cannot be used: {e.Message}", e);
            }

            LogUnusable(_logger, _authorityPath, e.Message);
        }

        _lookedAt = _time.GetTimestamp();
    }

    private byte[] Read()
    {
        using var file = new FileStream(_authorityPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > MaxFileBytes)
        {
            throw new IOException($"it has {file.Length} bytes, and certificates of authorities at most {MaxFileBytes}");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    [LoggerMessage(4034, LogLevel.Information, "Certificates of {Count} authorities count between nodes: {Path}")]
    private static partial void LogAuthorities(ILogger logger, int count, string path);

    [LoggerMessage(4035, LogLevel.Error, "The authorities' file {Path} changed and cannot be used; those before count on: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string path, string reason);
}
