using System.Net.Security;
using System.Security.Cryptography;
using EventCluster.Abstractions;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// The certificate that new connections get. Its files are looked at now and then, by content: a watch of the file system
/// misses how some deployments exchange files (links to folders). A new one is used from the next handshake on; one that
/// cannot be used is reported, and the one before stays.
/// </summary>
internal sealed partial class ServerCertificates(TlsSection tls, TimeProvider time, ILogger<ServerCertificates> logger)
    : IHostedService, IBackgroundPart, IDisposable
{
    /// <summary>Between two looks at the files.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private static readonly List<SslApplicationProtocol> _protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly BackgroundLoop _loop = new("watch over the certificate's files");
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile SslServerAuthenticationOptions? _current;
    private byte[]? _seen;
    private string? _lastFault;

    /// <summary>Told when another certificate is in use.</summary>
    public event Action? Changed;

    /// <inheritdoc />
    public string? Fault => _loop.Fault;

    /// <summary>What a handshake needs.</summary>
    /// <exception cref="IOException">The first certificate cannot be used.</exception>
    public SslServerAuthenticationOptions Current => _current ?? LoadFirst();

    /// <summary>SHA-256 of the certificate in use, as hexadecimal digits.</summary>
    public string Fingerprint => Current.ServerCertificateContext!.TargetCertificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Reads the files again if they changed. False when they cannot be used.</summary>
    public bool Reload()
    {
        lock (_gate)
        {
            try
            {
                var files = ServerCertificate.Read(tls);
                var seen = SHA256.HashData(files.SelectMany(static file => file).ToArray());
                if (_seen is not null && seen.AsSpan().SequenceEqual(_seen))
                {
                    _lastFault = null;
                    return true;
                }

                Use(ServerCertificate.Parse(tls, files), seen);
            }
            catch (IOException e)
            {
                Report(e.Message);
                return false;
            }
        }

        Changed?.Invoke();
        return true;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (tls.CertificatePath.Length > 0)
        {
            _loop.Start(WatchAsync);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _loop.NoteStop();
        await _stopping.CancelAsync();
        await _loop.StopAsync();
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private SslServerAuthenticationOptions LoadFirst()
    {
        lock (_gate)
        {
            if (_current is null)
            {
                var files = ServerCertificate.Read(tls);
                Use(ServerCertificate.Parse(tls, files), SHA256.HashData(files.SelectMany(static file => file).ToArray()));
            }

            return _current!;
        }
    }

    private void Use(ServerCertificate certificate, byte[] seen)
    {
        // Offline: a server that looks for missing certificates elsewhere would wait for others at its start.
        var context = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Chain, offline: true);
        _current = new SslServerAuthenticationOptions { ServerCertificateContext = context, ApplicationProtocols = _protocols };
        (_seen, _lastFault) = (seen, null);
        LogUsed(logger, tls.CertificatePath, certificate.Leaf.Subject, certificate.Leaf.NotAfter.ToUniversalTime(), context.IntermediateCertificates.Count);
    }

    /// <summary>A file that is being written is looked at more than once; each fault is told once.</summary>
    private void Report(string fault)
    {
        if (fault != _lastFault)
        {
            _lastFault = fault;
            LogUnusable(logger, fault);
        }
    }

    private async Task WatchAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Interval, time, _stopping.Token);
                Reload();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Report(e.Message);
            }
        }
    }
}
